"""What carries the SDKs' requests: connections kept, answers whole, and the environment's proxies and certificates heard."""

import email.feedparser
import io
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import (
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.rest import HttpRequest

from local.certificates import make_certificates
from shared.storage.connect import transport
from tests.contract.recorder import Recorder, serving

PARTS = (
    b"--batchresponse_1\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n--batchresponse_1--\r\n"
)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def send(url: str, method: str = "GET", wire: Any = None, **given: Any) -> Any:
    return (wire or transport("table", url)).send(HttpRequest(method, url, **given))


def test_a_request_arrives_as_the_sdk_made_it(service: Recorder) -> None:
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
def test_bodies_of_every_kind_arrive(service: Recorder, content: Any, arrives: bytes) -> None:
    send(service.url, "POST", content=content)
    assert service.seen[0][3] == arrives


def test_an_answer_in_parts_is_whole_and_costs_no_regular_expression(
    service: Recorder, monkeypatch: pytest.MonkeyPatch
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


def test_an_answer_reads_as_azure_core_has_it(service: Recorder) -> None:
    service.body, service.headers = '\ufeff{"k": "grün"}'.encode(), {"Content-Type": "application/json"}
    with send(f"{service.url}/a") as answer:
        assert (answer.url, answer.reason, answer.is_closed, answer.is_stream_consumed) == (
            f"{service.url}/a",
            "OK",
            True,
            True,
        )
        assert answer.read() == answer.content == b"".join(answer.iter_bytes()) == b"".join(answer.iter_raw())
        assert (answer.text(), answer.json()) == ('{"k": "grün"}', {"k": "grün"})
        answer.raise_for_status()
    service.status = 404
    with pytest.raises(HttpResponseError):
        send(service.url).raise_for_status()


def test_an_answer_that_breaks_off_is_an_error_of_the_answer(service: Recorder) -> None:
    service.cut = 10
    with pytest.raises((ServiceResponseError, IncompleteReadError)):
        send(service.url)


def test_nobody_listening_is_an_error_of_the_request() -> None:
    nobody = Recorder()
    nobody.server_close()
    with pytest.raises(ServiceRequestError):
        send(nobody.url)


def test_connections_are_kept_by_all_threads(service: Recorder) -> None:
    wire = transport("table", service.url)
    with ThreadPoolExecutor(32) as threads:
        for _ in range(4):
            list(threads.map(lambda _: send(service.url, wire=wire), range(64)))
    assert len(service.seen) == 256
    assert service.connections <= 32


def test_the_environments_proxy_is_taken(service: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", service.url)
    assert send("http://storage.contoso.example/tasks").status_code == 200
    assert service.seen[0][1] == "http://storage.contoso.example/tasks"


def test_what_needs_no_proxy_gets_none(service: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert send(service.url).status_code == 200


def test_the_environments_certificates_are_trusted_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificates = make_certificates(tmp_path)
    server = Recorder()
    server.socket = certificates.server_context().wrap_socket(server.socket, server_side=True)
    url = server.url.replace("http://127.0.0.1", "https://localhost")
    with serving(server):
        with pytest.raises(ServiceRequestError):
            send(url)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates.ca))
        assert send(url).status_code == 200


def test_a_single_call_may_have_time_outs_of_its_own(service: Recorder) -> None:
    service.slow = 0.5
    wire = transport("table", service.url)
    assert wire.send(HttpRequest("GET", service.url)).status_code == 200
    with pytest.raises(ServiceResponseTimeoutError):
        wire.send(HttpRequest("GET", service.url), read_timeout=0.1)
