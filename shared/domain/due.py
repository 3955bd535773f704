"""What has to be looked at again at some instant: scheduled actions, claims that may have died, checks, deadlines."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DueKind(StrEnum):
    ACTION = "action"
    CHECK = "check"
    SURVEY = "survey"
    APPOINTMENT = "appointment"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True)
class Due:
    """``key`` names the thing inside its organization. An entry is a hint, never the truth: whoever takes it reads the record."""

    kind: DueKind
    at: datetime
    organization: str
    key: str


def due_instant(at: datetime) -> datetime:
    """As exact as the index keeps it: to the millisecond."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
