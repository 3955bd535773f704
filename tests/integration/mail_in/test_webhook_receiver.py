"""A real receiver verifies what it gets with the library of the standard."""

import json
import ssl
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from shared.clock import SystemClock
from shared.domain.etag import IfMatch
from shared.domain.event import CloudEvent
from shared.errors import ConnectorError, NotNow, Rejected
from shared.network.session import Network
from shared.webhooks.signed_post import SignedPost
from tests.integration.mail_in.office import ADMINISTRATOR, Office, Servers

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


@pytest.fixture
def receiver(servers: Servers) -> Iterator[Receiver]:
    server = Receiver(servers.certificates.server_context())
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def post(servers: Servers) -> SignedPost:
    return SignedPost(Network(("localhost", "127.0.0.1"), servers.trusted), SystemClock())


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
        (503, {"Retry-After": "Mon, 23 Nov 2020 09:00:00 GMT"}, "server_busy", 0),
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


@pytest.mark.parametrize("door", ["ews"], indirect=True)
def test_a_watch_signs_with_its_secret_and_after_a_change_with_both(receiver: Receiver, office: Office) -> None:
    deliver = {"type": "webhook", "url": receiver.url, "secret": OLD}
    watch = office.watch(deliver=deliver, attachments="all")
    office.tick()
    office.send_plain("Before")
    office.until(lambda: office.totals(watch).started == 1)
    changes = {"deliver": {"secret": NEW}}
    office.connector.manage_watches.patch(ADMINISTRATOR, office.organization, watch.id, changes, IfMatch())
    office.send_plain("After")
    office.until(lambda: office.totals(watch).started == 2)
    verified = [[_verifies(secret, body, headers) for secret in (OLD, NEW)] for headers, body in receiver.got]
    assert verified == [[True, False], [True, True]]
    events = [json.loads(body) for _, body in receiver.got]
    assert [one["data"]["mail"]["subject"] for one in events] == ["Before", "After"]
    assert [one["id"] for one in events] == [headers["webhook-id"] for headers, _ in receiver.got]
    assert office.starts() == []


@pytest.mark.parametrize("door", ["ews"], indirect=True)
def test_a_receiver_that_is_away_gets_everything_afterwards_and_holds_up_no_other(
    receiver: Receiver, office: Office
) -> None:
    receiver.answer = (503, {"Retry-After": "1"})
    hook = office.watch(deliver={"type": "webhook", "url": receiver.url, "secret": OLD})
    queue = office.watch(displayName="queue")
    office.tick()
    for n in range(3):
        office.send_plain(f"Order {n}")
    office.until(lambda: office.totals(queue).started == 3)
    assert office.totals(hook).pending == 3
    receiver.answer = (204, {})
    office.until(lambda: office.totals(hook).started == 3)
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 3


def test_an_address_inside_is_refused_and_nothing_is_sent(receiver: Receiver) -> None:
    post = SignedPost(Network(), SystemClock())
    with pytest.raises(Rejected) as refused:
        post.post(receiver.url, event(), [OLD])
    assert refused.value.code == "address_refused"
    assert receiver.got == []
