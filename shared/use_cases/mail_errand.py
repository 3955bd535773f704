"""One errand of many mails: what it needs, where it is written down, and the visit in which it is done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from shared.domain.connection import Connection
from shared.domain.mail import DraftRef, OutgoingMail, Stamp
from shared.errors import ConnectorError, InDoubt, NotNow, Rejected, Unanswered
from shared.ports.mailbox import Mailbox
from shared.ports.records import Stored

if TYPE_CHECKING:
    from shared.domain.mail_run import MailRun

_MAYBE_DONE = frozenset({"server_busy", "throttled"})


class Notes(Protocol):
    """Where the run is written down, under a claim that each note renews. Losing the claim raises Stale."""

    @property
    def run(self) -> "MailRun": ...

    @property
    def interrupted(self) -> bool:
        """A try before this one ended without a word: drafts may lie about of which there is no note."""
        ...

    def note(self, run: "MailRun") -> None: ...

    def remember(self, run: "MailRun") -> None:
        """For the record that is written next anyway."""
        ...

    def leave_traces(self) -> None:
        """Something may have been left behind of which there is no note."""
        ...


@dataclass(frozen=True, slots=True)
class Errand:
    """``write`` makes the mails of some recipients, by their numbers, just before they are drafted."""

    connection: Stored[Connection]
    stamp: Callable[[int], Stamp]
    write: Callable[[Sequence[int]], list[OutgoingMail]]
    keep_copy: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """The errand in an open mailbox; what becomes of a mail is remembered at once."""

    errand: Errand
    notes: Notes
    mailbox: Mailbox

    @property
    def run(self) -> "MailRun":
        return self.notes.run

    def sent(self, number: int) -> None:
        self.notes.remember(self.run.went_out(number))

    def refuse(self, number: int, error: Rejected | InDoubt) -> None:
        self.notes.remember(self.run.refused(number, error))


def unknown() -> InDoubt:
    return InDoubt(
        "The server did not answer the request to send, and the mail is neither in Drafts nor in Sent Items."
    )


def may_have_left_drafts(error: object) -> bool:
    """A server that was asked for drafts and said that it is busy may have made them all the same."""
    return isinstance(error, Unanswered) or (isinstance(error, NotNow) and error.code in _MAYBE_DONE)


def send_errors(mailbox: Mailbox, drafts: Sequence[DraftRef], *, keep_copy: bool) -> list[ConnectorError | None]:
    """Whether the server refused the mails or the whole request makes no difference."""
    try:
        return mailbox.send_drafts(drafts, keep_copy=keep_copy)
    except ConnectorError as error:
        return [error] * len(drafts)
