"""An Exchange server in memory that really keeps, moves and delivers mail: the door of every unit test.

exchange = FakeExchange(clock)
anna = exchange.add("anna@contoso.example", password="Blue-42")
anna.deliver("Invoice 7", sender="kim@fabrikam.example")             # mail from outside
anna.within("Inbox"), anna.within("Sent Items"), anna.create_folder("Inbox/Invoices")
exchange.fail_on("send_drafts", Unanswered("unreachable", "…"), after=True)   # the effect took place, the answer got lost
exchange.calls["changes"], exchange.accepted, exchange.refused       # requests by operation, log-ins by account
exchange.holds_transport = True                                      # submitted mail stays in Drafts until release()
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import RLock
from uuid import uuid4

from shared.domain.connection import Connection, Secret
from shared.errors import AccessLost, ConnectorError, Rejected
from shared.ports.clock import Clock
from shared.ports.exchange import Step, StepState
from tests.fakes.clock import FakeClock
from tests.fakes.faults import Failing
from tests.fakes.mailbox import FakeMailbox
from tests.fakes.mailbox_state import INBOX, SENT, FakeItem, FakeMailboxState

__all__ = ["FakeExchange", "FakeItem", "FakeMailbox", "FakeMailboxState"]


class FakeExchange(Failing):
    """``mailboxes`` by address in lower case. ``outside`` keeps what went to addresses that have no mailbox here."""

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__()
        self.clock = clock or FakeClock()
        self.mailboxes: dict[str, FakeMailboxState] = {}
        self.outside: list[tuple[str, FakeItem]] = []
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.holds_transport = False
        self.lock = RLock()
        self._held: list[tuple[FakeMailboxState, str, bool]] = []

    def add(self, address: str, password: str | None = "Blue-42") -> FakeMailboxState:
        state = FakeMailboxState(address, password, self.clock.now)
        self.mailboxes[address.lower()] = state
        return state

    # ports.Exchange
    @contextmanager
    def open(self, connection: Connection, secret: Secret | None) -> Iterator["FakeMailbox"]:
        yield FakeMailbox(self, connection, secret)

    def examine(self, connection: Connection, secret: Secret | None) -> Iterator[Step]:
        yield Step("address", StepState.OK, "The server's address is acceptable.")
        yield Step("tls", StepState.OK, "The server's certificate is valid.")
        try:
            FakeMailbox(self, connection, secret).folders()
        except ConnectorError as error:
            name = "mailbox" if error.code in {"mailbox_not_found", "permission_missing"} else "signIn"
            if name == "mailbox":
                yield Step("signIn", StepState.OK, "The server accepts the account.")
            yield Step(name, StepState.FAILED, error.message, error.code, "Mend it, then test again.")
            return
        for name in ("signIn", "mailbox", "read"):
            yield Step(name, StepState.OK, "It works.")
        yield Step("send", StepState.SKIPPED, "Only a real mail proves it.")
        yield Step("calendar", StepState.OK, "It works.")

    # transport
    def submit(self, mailbox: FakeMailboxState, item: FakeItem, *, keep_copy: bool) -> None:
        item.is_submitted = True
        self._held.append((mailbox, item.id, keep_copy))
        if not self.holds_transport:
            self.release()

    def release(self) -> None:
        """Transport takes what was submitted."""
        with self.lock:
            held, self._held = self._held, []
            for mailbox, item_id, keep_copy in held:
                self._transport(mailbox, mailbox.items[item_id], keep_copy=keep_copy)

    def _transport(self, mailbox: FakeMailboxState, item: FakeItem, *, keep_copy: bool) -> None:
        item.is_submitted = False
        item.change(is_draft=False, received_at=self.clock.now().replace(microsecond=0))
        if mailbox.rewrites_message_ids:
            item.change(internet_message_id=f"<{uuid4().hex.upper()}@prod.outlook.example>")
        for recipient in item.recipients:
            self._hand_over(item, recipient.address)
        if keep_copy:
            mailbox.place(item, SENT)
        else:
            mailbox.remove(item.id)

    def _hand_over(self, item: FakeItem, address: str) -> None:
        received = replace(item.head, id="", is_read=False, received_at=self.clock.now().replace(microsecond=0))
        copied = replace(item, head=received, marker=None, bcc=())
        target = self.mailboxes.get(address.lower())
        if target:
            target.place(copied, INBOX)
        else:
            self.outside.append((address, copied))

    # sign-in
    def sign_in(self, connection: Connection, secret: Secret | None) -> FakeMailboxState:
        """Raises what a server says to the account and to the mailbox."""
        account = self.mailboxes.get((connection.username or connection.address).lower())
        if not account or not _right(account, secret):
            self.refused[connection.username or ""] += 1
            raise AccessLost("password_refused", "The server refused the user name or the password.")
        self.accepted[connection.username or ""] += 1
        mailbox = self.mailboxes.get(connection.address.lower())
        if mailbox is None:
            raise AccessLost("mailbox_not_found", "The server knows no such mailbox.")
        if mailbox is not account and account.address.lower() not in {one.lower() for one in mailbox.full_access}:
            raise Rejected("permission_missing", "The account may not use this mailbox.")
        return mailbox


def _right(account: FakeMailboxState, secret: Secret | None) -> bool:
    if secret is None or secret.password is None:
        return secret is None or secret.client_secret is not None or secret.certificate is not None
    return account.password == secret.password.get_secret_value()
