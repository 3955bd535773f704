"""How far many mails of one errand have come: each goes out exactly once, whatever happens in between.

Small enough for a note in a record: a letter for each mail, and the ids of those that are on their way at this moment.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from pydantic import Field

from shared.domain.mail import DraftRef
from shared.domain.model import Count, Instant, Record
from shared.errors import ConnectorError

TO_DO, SENT, FAILED, SKIPPED = "-", "s", "f", "."


class Refusal(Record):
    code: str
    message: str


class OnItsWay(Record):
    """A draft that may have been sent already."""

    number: Count
    draft: str
    change_key: str | None = None

    @property
    def ref(self) -> DraftRef:
        return DraftRef(self.draft, self.change_key)


class MailRun(Record):
    """``answered``: the server took none of those on their way, and said so. ``round`` counts retries by hand;
    ``tried`` is the one for which ``states`` hold. ``sent``: how many are out for good.
    """

    states: str
    refusals: dict[int, Refusal] = Field(default_factory=dict)
    on_their_way: tuple[OnItsWay, ...] = ()
    left_at: Instant | None = None
    looked_at: Instant | None = None
    answered: bool = False
    round: int = 1
    tried: int = 1
    sent: Count = 0

    @classmethod
    def of(cls, wanted: Sequence[bool]) -> Self:
        return cls(states="".join(TO_DO if one else SKIPPED for one in wanted))

    @classmethod
    def read(cls, note: Mapping[str, Any]) -> Self | None:
        return cls.model_validate(note) if "states" in note else None

    def note(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_defaults=True)

    @property
    def unanswered(self) -> bool:
        return bool(self.on_their_way) and not self.answered

    def todo(self, most: int) -> list[int]:
        return [number for number, state in enumerate(self.states) if state == TO_DO][:most]

    def again(self) -> Self:
        """A person said so: what failed in the last round is tried once more."""
        if self.round == self.tried:
            return self
        states = self.states.replace(FAILED, TO_DO)
        return self.model_copy(update={"states": states, "refusals": {}, "tried": self.round, "looked_at": None})

    def leaving(self, mails: Sequence[OnItsWay], now: Instant) -> Self:
        update = {"on_their_way": tuple(mails), "left_at": now, "looked_at": None, "answered": False}
        return self.model_copy(update=update)

    def went_out(self, number: int) -> Self:
        return self._arrived(number, SENT).model_copy(update={"sent": self.sent + 1})

    def refused(self, number: int, error: ConnectorError) -> Self:
        refusals = {**self.refusals, number: Refusal(code=error.code, message=error.message)}
        return self._arrived(number, FAILED).model_copy(update={"refusals": refusals})

    def dropped(self, number: int) -> Self:
        """It is to be made anew."""
        return self._arrived(number, TO_DO)

    def given_up(self, error: ConnectorError, doubt: ConnectorError) -> Self:
        """Nothing more is tried: ``doubt`` for those of which nobody knows, ``error`` for the others."""
        run = self
        unknown = {one.number for one in self.on_their_way} if self.unanswered else set()
        for number, state in enumerate(self.states):
            if state == TO_DO:
                run = run.refused(number, doubt if number in unknown else error)
        return run

    def _arrived(self, number: int, state: str) -> Self:
        states = self.states[:number] + state + self.states[number + 1 :]
        left = tuple(one for one in self.on_their_way if one.number != number)
        return self.model_copy(update={"states": states, "on_their_way": left})
