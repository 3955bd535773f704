"""The probe tells a sound deployment from a dangerous one."""

import base64
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.infra.code import ROOT

TENANT = "7d1c0c66-8f0e-4a5c-9d0e-1b7a3c0f4e11"


class Deployment(BaseHTTPRequestHandler):
    """What a deployment answers. Its flaws are in ``server.flaws``."""

    def do_GET(self) -> None:
        if self.path == "/api/health":
            self._say(503 if "sick" in self.server.flaws else 200, {"status": "ok", "version": "1"})
        elif self._administrator() or "open" in self.server.flaws:
            self._say(200, {"items": []})
        else:
            self._say(401, {"code": "unauthenticated"})

    def _administrator(self) -> bool:
        """As the connector reads the header, where nothing in front strips it."""
        header = self.headers.get("X-MS-CLIENT-PRINCIPAL")
        if "believes" not in self.server.flaws or not header:
            return False
        principal = json.loads(base64.b64decode(header))
        claims = {claim["typ"]: claim["val"] for claim in principal["claims"]}
        return claims["tid"] == TENANT and claims["roles"] == "Connector.Administrator"

    def _say(self, status: int, body: dict[str, object]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Silent."""


@contextmanager
def deployment(*flaws: str) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Deployment) as server:
        server.flaws = flaws
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def probe(url: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "probe.py"), url, "--tenant", TENANT]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_sound_deployment_passes() -> None:
    with deployment() as url:
        answer = probe(url)
    assert answer.returncode == 0
    assert answer.stdout.count("ok  ") == 4


@pytest.mark.parametrize(
    ("flaw", "complaint"),
    [
        ("believes", "FAIL  a forged principal header is stripped: HTTP 200"),
        ("open", "FAIL  an unsigned call is refused with 401: HTTP 200"),
        ("sick", "FAIL  health answers: HTTP 503"),
    ],
)
def test_a_flaw_fails_the_probe_by_name(flaw: str, complaint: str) -> None:
    with deployment(flaw) as url:
        answer = probe(url)
    assert answer.returncode == 1
    assert complaint in answer.stdout


def test_a_deployment_that_does_not_answer_fails_the_probe() -> None:
    with deployment() as url:
        pass
    assert probe(url).returncode == 1


def test_the_registration_script_is_shell_and_explains_itself() -> None:
    script = ROOT / "scripts" / "register_app.sh"
    answer = subprocess.run(["bash", str(script)], capture_output=True, text=True, check=False, timeout=30)
    assert answer.returncode == 2
    for role in ("Connector.Administrator", "Connector.Process"):
        assert role in answer.stderr
