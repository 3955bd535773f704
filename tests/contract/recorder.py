"""A web service that answers as a test says and remembers what it was asked."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any


class Recorder(ThreadingHTTPServer):
    """Writes down what arrives: method, path, headers and body. ``status``, ``headers`` and ``body`` go back, ``slow`` seconds later."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = Lock()
        self.connections = 0
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.status, self.headers, self.body = 200, {"Content-Type": "text/plain"}, b"well"
        self.cut, self.slow = 0, 0.0
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Recorder

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
        time.sleep(self.server.slow)
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
def serving(server: Recorder) -> Iterator[Recorder]:
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
