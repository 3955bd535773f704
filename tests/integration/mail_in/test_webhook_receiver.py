"""A real receiver verifies what it gets with the library of the standard."""

import json
import ssl
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from local.certificates import make_certificates
from shared.clock import SystemClock
from shared.domain.event import CloudEvent
from shared.errors import ConnectorError, NotNow, Rejected
from shared.network.session import Network
from shared.webhooks.signed_post import SignedPost

OLD, NEW, FOREIGN = ("whsec_" + letter * 32 for letter in "ABC")


class Receiver(ThreadingHTTPServer):
    """Answers what a test wants; ``got`` is what came."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.answer: tuple[int, dict[str, str]] = (204, {})
        self.got: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"https://localhost:{self.server_port}/mail"


class Answering(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers.items()), body))
        status, headers = self.server.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Silence."""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def receiver(certificates: Any) -> Iterator[Receiver]:
    server = Receiver(certificates.server_context())
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def post(certificates: Any) -> SignedPost:
    network = Network(("localhost", "127.0.0.1"), str(Path(certificates.bundle)))
    return SignedPost(network, SystemClock())


def event() -> CloudEvent:
    return CloudEvent(
        id="4f2a~2",
        source="/organizations/contoso/watches/w",
        type="exchange.email.received",
        time=SystemClock().now(),
        data={"subject": "Größe 🦊"},
    )


def test_the_signature_is_valid_before_during_and_after_a_rotation(receiver: Receiver, post: SignedPost) -> None:
    for secrets in ([OLD], [NEW, OLD], [NEW]):
        post.post(receiver.url, event(), secrets)
    verified = []
    for headers, body in receiver.got:
        assert headers["Content-Type"].startswith("application/cloudevents+json")
        assert json.loads(body)["data"] == {"subject": "Größe 🦊"}
        assert headers["webhook-id"] == "4f2a~2"
        verified.append([_verifies(secret, body, headers) for secret in (OLD, NEW, FOREIGN)])
    assert verified == [[True, False, False], [True, True, False], [False, True, False]]


def _verifies(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


@pytest.mark.parametrize(
    ("status", "headers", "code", "wait"),
    [
        (410, {}, "receiver_gone", None),
        (429, {"Retry-After": "90"}, "server_busy", 90),
        (503, {"Retry-After": "nonsense"}, "server_busy", None),
        (503, {"Retry-After": "99999999999999999999"}, "server_busy", 24 * 3600),
        (500, {}, "temporarily_unavailable", None),
        (404, {}, "temporarily_unavailable", None),
        (302, {"Location": "https://169.254.169.254/"}, "temporarily_unavailable", None),
    ],
)
def test_what_is_not_2xx_is_a_verdict(
    receiver: Receiver, post: SignedPost, status: int, headers: dict[str, str], code: str, wait: int | None
) -> None:
    receiver.answer = (status, headers)
    with pytest.raises(ConnectorError) as refused:
        post.post(receiver.url, event(), [OLD])
    assert refused.value.code == code
    assert isinstance(refused.value, Rejected if code == "receiver_gone" else NotNow)
    if isinstance(refused.value, NotNow):
        assert refused.value.retry_after == (timedelta(seconds=wait) if wait is not None else None)
    assert len(receiver.got) == 1


def test_an_address_inside_is_refused_and_nothing_is_sent(receiver: Receiver) -> None:
    post = SignedPost(Network(), SystemClock())
    with pytest.raises(Rejected) as refused:
        post.post(receiver.url, event(), [OLD])
    assert refused.value.code == "address_refused"
    assert receiver.got == []
