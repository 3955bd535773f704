"""A TLS server that answers whatever a test wants and remembers what it was sent; and a relay that counts bytes."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from local.certificates import Certificates


@dataclass(frozen=True)
class Answer:
    """``cut``: hang up after so many bytes of the body. ``silent``: hang up without a word."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "text/xml; charset=utf-8"
    cut: int | None = None
    silent: bool = False


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def carries_credentials(self) -> bool:
        return "Authorization" in self.headers


class StrangeServer:
    """``answer`` may be replaced at any time."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"https://localhost:{port}/EWS/Exchange.asmx"
        self.requests: list[Request] = []
        self.answer: Callable[[Request], Answer] = lambda _: Answer()


@contextmanager
def strange_server(certificates: Certificates) -> Iterator[StrangeServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server)
    running: list[StrangeServer] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            request = Request(self.command, self.path, dict(self.headers), body)
            running[0].requests.append(request)
            self._send(running[0].answer(request))

        do_GET = do_POST  # noqa: N815 - http.server's name

        def _send(self, answer: Answer) -> None:
            if answer.silent:
                self.close_connection = True
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body[: answer.cut])
            self.close_connection = self.close_connection or answer.cut is not None

        def log_message(self, *_: object) -> None:
            """Nothing: tests read `requests`."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def get_request(self) -> tuple[socket.socket, object]:
            connection, address = super().get_request()
            return context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

        def handle_error(self, *_: object) -> None:
            """A client that hangs up is what some tests are about."""

    with Server(("127.0.0.1", 0), Handler) as server:
        running.append(StrangeServer(server.server_port))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield running[0]
        finally:
            server.shutdown()
            thread.join(5)


class Relay:
    """Between a client and a server: counts what the client sends and how often it connects."""

    def __init__(self, listening: socket.socket, target: int) -> None:
        self._listening = listening
        self._target = target
        self.port = int(listening.getsockname()[1])
        self.sent = 0
        self.connections = 0

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self.connections += 1
                server = socket.create_connection(("127.0.0.1", self._target))
                threading.Thread(target=self._pump, args=(client, server, True), daemon=True).start()
                threading.Thread(target=self._pump, args=(server, client, False), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        with suppress(OSError), source, target:
            while piece := source.recv(65536):
                self.sent += len(piece) if counted else 0
                target.sendall(piece)


@contextmanager
def relay_to(port: int) -> Iterator[Relay]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        relay = Relay(listening, port)
        thread = threading.Thread(target=relay.serve, daemon=True)
        thread.start()
        try:
            yield relay
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()
            thread.join(5)
