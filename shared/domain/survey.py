"""A survey and its ballots: what is asked, who was asked, who answered, and when it is over. Pure rules; no mail, no page.

The survey's own record holds what every vote changes (the counts, the state); each recipient's ballot holds the rest.
Both are written together, so that two votes at the same moment, or a vote and a closing, follow one upon the other.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self, assert_never

from pydantic import Field

from shared.domain.mail import Address
from shared.domain.model import Count, Instant, Record
from shared.domain.send_survey import CloseAtCount, CloseWhen

LATE_ANSWERS = timedelta(days=7)
"""How long after its deadline the mailbox is still looked at for answers that come late."""
LONGEST_COMMENT = 1000
_KEPT_VOTES = 10


class SurveyState(StrEnum):
    """``sending``: mails are on their way; votes that come already are early and close nothing yet."""

    SENDING = "sending"
    OPEN = "open"
    CLOSED = "closed"


class CloseReason(StrEnum):
    ALL = "all"
    FIRST = "first"
    MAJORITY = "majority"
    COUNT = "count"
    DEADLINE = "deadline"
    MANUAL = "manual"


class Via(StrEnum):
    BUTTON = "button"
    PAGE = "page"
    REPLY = "reply"


class MailState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class Vote(Record):
    """``cause`` names the mail or form that brought it: the same cause is the same vote. ``by``: who cast it for the
    recipient. ``revision`` numbers a ballot's votes.
    """

    option: Count
    via: Via
    at: Instant
    cause: str
    comment: str | None = None
    by: str | None = None
    revision: Count = 0
    early: bool = False
    late: bool = False
    changed: bool = False


class Ballot(Record):
    """``tokens``: hashes, by the mail that carried the token. ``explained``: the unclear answer that was explained."""

    number: Count
    recipient: Address
    state: MailState = MailState.WAITING
    tokens: dict[str, str] = Field(default_factory=dict)
    votes: tuple[Vote, ...] = ()
    revision: Count = 0
    explained: str | None = None

    @property
    def vote(self) -> Vote | None:
        """The one that counts."""
        return next((vote for vote in reversed(self.votes) if not vote.late), None)

    @property
    def late_vote(self) -> Vote | None:
        return next((vote for vote in reversed(self.votes) if vote.late), None)

    def by_cause(self, cause: str) -> Vote | None:
        return next((vote for vote in self.votes if vote.cause == cause), None)

    def by_revision(self, revision: int) -> Vote | None:
        return next((vote for vote in self.votes if vote.revision == revision), None)

    def with_vote(self, vote: Vote) -> Self:
        """The last few are kept, so that each can still be told; the one that counts is always among them."""
        counted = self.vote if vote.late else None
        kept = [one for one in self.votes if one is not counted][-(_KEPT_VOTES - 2) :]
        return self.model_copy(
            update={"votes": (*([counted] if counted else []), *kept, vote), "revision": vote.revision}
        )


class Survey(Record):
    """``expected``: recipients whom a mail reached; ``answered``: those of them with a vote; ``counts``: votes by option.

    ``overdue_since``: since when somebody waits to close it; ``read_up_at``: since when its mailbox is known to have been
    read beyond the deadline. ``reminding``: how far the reminder has come, and until when somebody is at it. ``told``: the end was told.
    """

    id: str
    organization: str
    connection_id: str
    subject: str
    options: tuple[str, ...]
    deadline: Instant
    close_when: CloseWhen = "all"
    allow_change: bool = False
    comment: bool = False
    remind_after: timedelta | None = None
    correlation: dict[str, Any] = Field(default_factory=dict)
    created_at: Instant
    state: SurveyState = SurveyState.SENDING
    recipients: Count
    expected: Count = 0
    answered: Count = 0
    counts: tuple[int, ...]
    remind_at: Instant | None = None
    reminding: dict[str, Any] = Field(default_factory=dict)
    reminder_claimed_until: Instant | None = None
    overdue_since: Instant | None = None
    read_up_at: Instant | None = None
    closed_at: Instant | None = None
    reason: CloseReason | None = None
    told: bool = False

    @property
    def is_over(self) -> bool:
        return self.state is SurveyState.CLOSED

    def takes_votes(self, at: datetime) -> bool:
        return not self.is_over and at <= self.deadline

    def closed(self, reason: CloseReason, now: datetime) -> Self:
        update = {"state": SurveyState.CLOSED, "reason": reason, "closed_at": now, "remind_at": None, "reminding": {}}
        return self.model_copy(update=update)

    def judged(self, now: datetime) -> Self:
        """Closed where its rule says so. While mails are still going out nothing closes."""
        reason = self._reason() if self.state is SurveyState.OPEN else None
        return self.closed(reason, now) if reason else self

    def opened(self, ballots: tuple[Ballot, ...], now: datetime) -> Self:
        """All mails are out: who was reached is known now, and early votes count like all others."""
        reached = [ballot for ballot in ballots if ballot.state is MailState.SENT]
        remind_at = now + self.remind_after if self.remind_after else None
        if self.state is SurveyState.OPEN:  # an administrator had the failed ones tried again
            remind_at = self.remind_at
        return self.model_copy(
            update={
                "state": SurveyState.OPEN,
                "expected": len(reached),
                "answered": sum(ballot.vote is not None for ballot in reached),
                "remind_at": remind_at if remind_at and remind_at < self.deadline else None,
            }
        ).judged(now)

    def _reason(self) -> CloseReason | None:
        everybody = self.answered >= self.expected
        match self.close_when:
            case "all":
                return CloseReason.ALL if everybody else None
            case "first":
                reached, reason = any(self.counts), CloseReason.FIRST
            case "majority":
                reached, reason = 2 * max(self.counts) > self.expected, CloseReason.MAJORITY
            case CloseAtCount(count=count):
                reached, reason = sum(self.counts) >= count, CloseReason.COUNT
            case _:
                assert_never(self.close_when)
        if reached:
            return reason
        # Nobody is left who could change anything.
        return CloseReason.ALL if everybody and not self.allow_change else None


class Listing(Record):
    """A survey in the lists of its organization; how it stands is in its own record, how it ended in both."""

    id: str
    organization: str
    connection_id: str
    created_at: Instant
    open: bool = True
    subject: str = ""
    deadline: Instant | None = None
    recipients: Count = 0
    reason: CloseReason | None = None
    votes: Count = 0

    def ended(self, survey: Survey) -> Self:
        return self.model_copy(update={"open": False, "reason": survey.reason, "votes": sum(survey.counts)})


def listing_indexes(listing: Listing) -> list[tuple[str, str]]:
    """All of an organization, the newest first; the open ones of a connection."""
    newest_first = f"{10**14 - int(listing.created_at.timestamp() * 1000):014d}"
    using = [(open_on(listing.connection_id), newest_first)] if listing.open else []
    return [("all", newest_first), *using]


def open_on(connection_id: str) -> str:
    return f"open-{connection_id}"
