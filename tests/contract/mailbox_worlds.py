"""Exchange servers with the same people in them: the fake in memory, and the simulated one behind each of our doors."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import count
from uuid import uuid4

from local.exchange.server import Exchange as SimulatedExchange
from local.exchange.server import running_exchange
from local.exchange.store import Mailbox as StoreMailbox
from local.exchange.store import PropertyKey, Rights, mime_in, properties
from local.exchange.store.properties import VERB_RESPONSE
from shared.domain.connection import Api, Connection, ConnectionStatus, ConnectionType, Secret
from shared.exchange.open import Doors
from shared.network.session import Network
from shared.ports.exchange import Exchange
from shared.ports.mailbox import Mailbox
from tests.contract.simulated_online import Online, simulated_online
from tests.fakes.clock import FakeClock
from tests.fakes.exchange import FakeExchange

PASSWORD = 'Blue-42 ö%"<'
_numbers = count(1)


def connection_to(url: str, username: str, *, mailbox: str | None = None, impersonate: bool = False) -> Connection:
    now = datetime.now(UTC)
    return Connection(
        id=str(uuid4()),
        organization="contoso",
        display_name="Orders",
        type=ConnectionType.CLASSIC,
        url=url,
        username=username,
        mailbox=mailbox,
        impersonate=impersonate,
        status=ConnectionStatus(since=now),
        created_by="anna@contoso.example",
        created_at=now,
        updated_at=now,
    )


class World(ABC):
    """``person`` and ``shared`` give addresses of new, empty mailboxes, so that tests do not meet in them."""

    exchange: Exchange
    url = "https://mail.contoso.example/EWS/Exchange.asmx"
    moves_keep_ids = False

    def connection(self, username: str, *, mailbox: str | None = None, impersonate: bool = False) -> Connection:
        return connection_to(self.url, username, mailbox=mailbox, impersonate=impersonate)

    def open(
        self, username: str, *, password: str = PASSWORD, mailbox: str | None = None, impersonate: bool = False
    ) -> AbstractContextManager[Mailbox]:
        connection = self.connection(username, mailbox=mailbox, impersonate=impersonate)
        return self.exchange.open(connection, Secret.model_validate({"password": password}))

    def person(self, name: str = "anna") -> str:
        address = f"{name}-{next(_numbers)}@contoso.example"
        self._add(address, PASSWORD)
        return address

    def shared(self, *, full_access: Sequence[str], send_as: Sequence[str] = ()) -> str:
        address = f"orders-{next(_numbers)}@contoso.example"
        self._add(address, None)
        self._allow(address, full_access, send_as)
        return address

    @abstractmethod
    def _add(self, address: str, password: str | None) -> None: ...

    @abstractmethod
    def _allow(self, address: str, full_access: Sequence[str], send_as: Sequence[str]) -> None: ...

    @abstractmethod
    def create_folder(self, address: str, path: str) -> None: ...

    @abstractmethod
    def remove_folder(self, address: str, path: str) -> None: ...

    @abstractmethod
    def forget_cursors(self, address: str) -> None: ...

    @abstractmethod
    def copy(self, address: str, mail_id: str, path: str) -> None: ...

    @abstractmethod
    def erase(self, address: str, mail_id: str) -> None:
        """Somebody deletes it for good."""

    @abstractmethod
    def rewrite_message_ids(self, address: str) -> None:
        """From now on transport does not keep the Message-IDs of what is sent from there."""

    @abstractmethod
    def refused(self, address: str) -> int:
        """Log-ins that the server refused."""

    @abstractmethod
    def deliver(
        self,
        address: str,
        subject: str,
        *,
        body: str = "Good morning.",
        headers: Sequence[tuple[str, str]] = (),
        files: Sequence[tuple[str, str, bytes]] = (),
        internet_message_id: str | None = None,
        verb_response: str | None = None,
    ) -> None:
        """A mail from kim@fabrikam.example arrives in the Inbox."""


class FakeWorld(World):
    def __init__(self) -> None:
        self.exchange: FakeExchange = FakeExchange(FakeClock(datetime.now(UTC)))

    def _add(self, address: str, password: str | None) -> None:
        self.exchange.add(address, password)

    def _allow(self, address: str, full_access: Sequence[str], send_as: Sequence[str]) -> None:
        state = self.exchange.mailboxes[address]
        state.full_access |= set(full_access)
        for other in send_as:
            self.exchange.mailboxes[other].send_as.add(address)

    def create_folder(self, address: str, path: str) -> None:
        self.exchange.mailboxes[address].create_folder(path)

    def remove_folder(self, address: str, path: str) -> None:
        self.exchange.mailboxes[address].remove_folder(path)

    def forget_cursors(self, address: str) -> None:
        self.exchange.mailboxes[address].forget_cursors()

    def copy(self, address: str, mail_id: str, path: str) -> None:
        self.exchange.mailboxes[address].copy(mail_id, path)

    def erase(self, address: str, mail_id: str) -> None:
        self.exchange.mailboxes[address].remove(mail_id)

    def rewrite_message_ids(self, address: str) -> None:
        self.exchange.mailboxes[address].rewrites_message_ids = True

    def refused(self, address: str) -> int:
        return self.exchange.refused[address]

    def deliver(
        self,
        address: str,
        subject: str,
        *,
        body: str = "Good morning.",
        headers: Sequence[tuple[str, str]] = (),
        files: Sequence[tuple[str, str, bytes]] = (),
        internet_message_id: str | None = None,
        verb_response: str | None = None,
    ) -> None:
        self.exchange.mailboxes[address].deliver(
            subject,
            "kim@fabrikam.example",
            body,
            headers=headers,
            files=files,
            internet_message_id=internet_message_id,
            verb_response=verb_response,
        )


class SimulatedWorld(World):
    exchange: Doors

    def __init__(self, simulated: SimulatedExchange) -> None:
        self.simulated = simulated
        self.url = simulated.ews_url

    def _mailbox(self, address: str) -> StoreMailbox:
        return self.simulated.store.mailbox(address)

    def _add(self, address: str, password: str | None) -> None:
        self.simulated.store.add_mailbox(address, address.partition("@")[0].title(), password or str(uuid4()))

    def _allow(self, address: str, full_access: Sequence[str], send_as: Sequence[str]) -> None:
        for other in full_access:
            self._mailbox(address).rights[other] = Rights(full_access=True, send_as=other in send_as)

    def create_folder(self, address: str, path: str) -> None:
        self._mailbox(address).ensure_folder(path)

    def remove_folder(self, address: str, path: str) -> None:
        mailbox = self._mailbox(address)
        mailbox.delete_folder(mailbox.folder_at(path))

    def forget_cursors(self, address: str) -> None:
        for folder in self._mailbox(address).folders.values():
            folder.log.expire()

    def copy(self, address: str, mail_id: str, path: str) -> None:
        mailbox = self._mailbox(address)
        mailbox.copy(self.simulated.store.item(mail_id), mailbox.folder_at(path))

    def erase(self, address: str, mail_id: str) -> None:
        self._mailbox(address).delete(self.simulated.store.item(mail_id))

    def rewrite_message_ids(self, address: str) -> None:
        self.simulated.store.transport.rewrite(address, on=True)

    def refused(self, address: str) -> int:
        logins = {one["account"]: one["refused"] for one in self.simulated.seen.as_json()["logins"]}
        return int(logins.get(address, 0))

    def deliver(
        self,
        address: str,
        subject: str,
        *,
        body: str = "Good morning.",
        headers: Sequence[tuple[str, str]] = (),
        files: Sequence[tuple[str, str, bytes]] = (),
        internet_message_id: str | None = None,
        verb_response: str | None = None,
    ) -> None:
        raw = _mime(address, subject, body, headers, files, internet_message_id)
        self.simulated.store.transport.receive(mime_in.parse(raw), [address])
        if verb_response:
            mailbox = self._mailbox(address)
            item = list(mailbox.named["inbox"].items.values())[-1]
            wanted: dict[PropertyKey, str | tuple[str, ...] | None] = {VERB_RESPONSE: verb_response}
            mailbox.change(item, extended=properties.changed(item, wanted))


class EwsWorld(SimulatedWorld):
    def __init__(self, simulated: SimulatedExchange) -> None:
        super().__init__(simulated)
        network = Network(("localhost",), str(simulated.ca_bundle))
        self.exchange = Doors(lambda: network)


class OnlineWorld(SimulatedWorld):
    """Exchange Online by Graph or by EWS: the same people sign in at Entra ID with the same passwords."""

    def __init__(self, online: Online, api: Api) -> None:
        super().__init__(online.exchange)
        self.online = online
        self.exchange = online.doors
        self._api = api
        self.moves_keep_ids = api is Api.GRAPH

    def connection(self, username: str, *, mailbox: str | None = None, impersonate: bool = False) -> Connection:
        assert not impersonate, "applications impersonate, persons do not"
        return self.online.connection(username, mailbox=mailbox, api=self._api)

    def _add(self, address: str, password: str | None) -> None:
        self.online.add(address, password or str(uuid4()))


def _mime(
    address: str,
    subject: str,
    body: str,
    headers: Sequence[tuple[str, str]],
    files: Sequence[tuple[str, str, bytes]],
    internet_message_id: str | None,
) -> bytes:
    message = EmailMessage()
    message["From"] = "Kim <kim@fabrikam.example>"
    message["To"] = address
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = internet_message_id or f"<{uuid4()}@fabrikam.example>"
    for name, value in headers:
        message[name] = value
    message.set_content(body)
    for name, content_type, content in files:
        kind, _, detail = content_type.partition("/")
        message.add_attachment(content, maintype=kind, subtype=detail, filename=name)
    return bytes(message)


@contextmanager
def ews_world(*schemes: str) -> Iterator[EwsWorld]:
    with running_exchange(schemes=schemes or ("basic",)) as simulated:
        world = EwsWorld(simulated)
        try:
            yield world
        finally:
            world.exchange.close()


@contextmanager
def online_world(api: Api) -> Iterator[OnlineWorld]:
    with simulated_online() as online:
        yield OnlineWorld(online, api)
