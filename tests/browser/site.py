"""The HTTP functions as a site that a browser can visit. What happens behind them is the test's matter."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.integration.http.calling import Api, Person


@contextmanager
def serving(api: Api, who: Person | None = None) -> Iterator[str]:
    """Yields the address without ``/api``. ``who`` is signed in in every request."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else None
            path = urlsplit(self.path)._replace(scheme="", netloc="").geturl().removeprefix("/api/")
            try:
                answer = api.call(self.command, path, body, who=who, headers=dict(self.headers.items()))
            except LookupError:
                self.send_error(404)
                return
            content = answer.text.encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _answer  # noqa: N815  (the base class calls them so)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing: a test says what was wrong."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
