"""One simulated Exchange Online for each module; every test works with people of its own."""

from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import count

import pytest

from local.faults import Fault as Order
from shared.domain.connection import Secret
from shared.domain.mail import Address, Body, DraftRef, OutgoingAttachment, OutgoingMail, Stamp
from shared.ports.mailbox import Mailbox
from tests.contract.simulated_online import CLIENT_SECRET, Online, simulated_online

PASSWORD = "Winter-in-Berlin-7"
WITH_PASSWORD = Secret.model_validate({"password": PASSWORD})
WITH_SECRET = Secret.model_validate({"clientSecret": CLIENT_SECRET})
_numbers = count(1)


@pytest.fixture(scope="module")
def running() -> Iterator[Online]:
    with simulated_online() as online:
        yield online


@pytest.fixture
def online(running: Online) -> Iterator[Online]:
    running.exchange.seen.clear()
    yield running
    running.exchange.faults.clear()


@pytest.fixture
def anna(online: Online) -> str:
    return person(online, "anna")


@pytest.fixture
def bob(online: Online) -> str:
    return person(online, "bob")


def person(online: Online, name: str) -> str:
    address = f"{name}-{next(_numbers)}@contoso.example"
    online.add(address, PASSWORD)
    return address


@pytest.fixture
def mailbox(online: Online, anna: str) -> Iterator[Mailbox]:
    with online.doors.open(online.connection(anna), WITH_PASSWORD) as opened:
        yield opened


def mail_to(address: str, *files: OutgoingAttachment, number: int = 1) -> OutgoingMail:
    stamp = Stamp(f"it's {address}-{number}", f"<{number}.{address}>")
    subject = f"Order {number}"
    return OutgoingMail(stamp, subject, Body(content="Thank you."), to=(Address(address=address),), attachments=files)


def file_of(size: int, name: str = "film.mov") -> OutgoingAttachment:
    content = (bytes(range(251)) * (size // 251 + 1))[:size]
    return OutgoingAttachment(name, "video/quicktime", size, lambda: BytesIO(content))


def drafted(mailbox: Mailbox, mail: OutgoingMail) -> DraftRef:
    (made,) = mailbox.create_drafts([mail])
    assert isinstance(made, DraftRef), made
    return made


def folder_of(online: Online, address: str, name: str) -> list[str]:
    return [item.subject for item in online.exchange.store.mailbox(address).named[name].items.values()]


Fault = Callable[..., None]


@pytest.fixture
def fault(online: Online, anna: str) -> Fault:
    """Orders what goes wrong with the next request of Anna's."""

    def order(operation: str, **more: object) -> None:
        online.exchange.faults.add(
            Order.model_validate({"door": "graph", "operation": operation, "mailbox": anna, **more})
        )

    return order
