"""What carries the SDKs' requests: connections kept, answers whole, and the environment's proxies and certificates heard."""

import email.feedparser
import io
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import pytest
from azure.core.exceptions import IncompleteReadError, ServiceRequestError, ServiceResponseError
from azure.core.rest import HttpRequest

from local.certificates import make_certificates
from shared.storage.connect import transport

PARTS = (
    b"--batchresponse_1\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n--batchresponse_1--\r\n"
)


class Service(ThreadingHTTPServer):
    """Writes down what arrives; ``answer`` says what goes back."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = Lock()
        self.connections = 0
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.status, self.headers, self.body = 200, {"Content-Type": "text/plain"}, b"well"
        self.cut = 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Service

    def setup(self) -> None:
        with self.server.lock:
            self.server.connections += 1
        super().setup()

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline()
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        body = self._chunks() if "chunked" in self.headers.get("Transfer-Encoding", "") else self._whole()
        with self.server.lock:
            self.server.seen.append((self.command, self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.server.body) + self.server.cut))
        self.end_headers()
        self.wfile.write(self.server.body)
        self.close_connection = self.close_connection or bool(self.server.cut)

    def _whole(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _chunks(self) -> bytes:
        found = b""
        while size := int(self.rfile.readline(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def log_message(self, *args: Any) -> None:
        """Silent."""


@contextmanager
def serving(server: Service) -> Iterator[Service]:
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    with serving(Service()) as server:
        yield server


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def send(url: str, method: str = "GET", wire: Any = None, **given: Any) -> Any:
    return (wire or transport("table", url)).send(HttpRequest(method, url, **given))


def test_a_request_arrives_as_the_sdk_made_it(service: Service) -> None:
    url = f"{service.url}/account/tasks(PartitionKey='a%27%27b',RowKey='r%7C1')?$select=k"
    answer = send(url, "PUT", headers={"x-ms-version": "2019-02-02"}, content=b'{"k": 1}')
    method, path, headers, body = service.seen[0]
    assert (method, service.url + path, body) == ("PUT", url, b'{"k": 1}')
    assert (headers["x-ms-version"], headers["Content-Length"]) == ("2019-02-02", "8")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"well", "text/plain")


@pytest.mark.parametrize(
    ("content", "arrives"),
    [
        (None, b""),
        (b"", b""),
        ("grün", "grün".encode()),
        (io.BytesIO(b"a file"), b"a file"),
        (iter([b"in ", b"pieces"]), b"in pieces"),
    ],
    ids=["nothing", "empty", "text", "file", "pieces"],
)
def test_bodies_of_every_kind_arrive(service: Service, content: Any, arrives: bytes) -> None:
    send(service.url, "POST", content=content)
    assert service.seen[0][3] == arrives


def test_an_answer_in_parts_is_whole_and_costs_no_regular_expression(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """http.client hands headers to the mail parser, which compiles an expression for each boundary: 0.5 ms each."""
    compiled = []
    monkeypatch.setattr(email.feedparser.re, "compile", lambda *args: compiled.append(args))
    service.status, service.body = 202, PARTS
    service.headers = {"Content-Type": "multipart/mixed; boundary=batchresponse_1", "x-ms-request-id": "7"}
    answer = send(service.url, "POST", content=b"--batch_1--")
    assert (answer.status_code, answer.content, answer.headers["x-ms-request-id"]) == (202, PARTS, "7")
    assert compiled == []
    assert re.search(r"boundary=batchresponse_1$", answer.headers["Content-Type"])


def test_an_answer_that_breaks_off_is_an_error_of_the_answer(service: Service) -> None:
    service.cut = 10
    with pytest.raises((ServiceResponseError, IncompleteReadError)):
        send(service.url)


def test_nobody_listening_is_an_error_of_the_request() -> None:
    nobody = Service()
    nobody.server_close()
    with pytest.raises(ServiceRequestError):
        send(nobody.url)


def test_connections_are_kept_by_all_threads(service: Service) -> None:
    wire = transport("table", service.url)
    with ThreadPoolExecutor(32) as threads:
        for _ in range(4):
            list(threads.map(lambda _: send(service.url, wire=wire), range(64)))
    assert len(service.seen) == 256
    assert service.connections <= 32


def test_the_environments_proxy_is_taken(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", service.url)
    assert send("http://storage.contoso.example/tasks").status_code == 200
    assert service.seen[0][1] == "http://storage.contoso.example/tasks"


def test_what_needs_no_proxy_gets_none(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert send(service.url).status_code == 200


def test_the_environments_certificates_are_trusted_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificates = make_certificates(tmp_path)
    server = Service()
    server.socket = certificates.server_context().wrap_socket(server.socket, server_side=True)
    url = server.url.replace("http://127.0.0.1", "https://localhost")
    with serving(server):
        with pytest.raises(ServiceRequestError):
            send(url)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates.ca))
        assert send(url).status_code == 200
