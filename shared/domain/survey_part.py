"""Which mail of a survey a Message-ID names: the part of the stamp that tells the mails of one action apart."""

import re
from enum import StrEnum

_PART = re.compile(r"(\d{1,4})(?:\.([a-z]+))?")


class Errand(StrEnum):
    """Why a recipient gets a mail; also the name under which its token is kept."""

    QUESTION = ""
    REMINDER = "reminder"
    EXPLANATION = "explanation"


def part(number: int, errand: Errand) -> str:
    return f"{number}.{errand}" if errand else str(number)


def recipient_number(part: str) -> int | None:
    """None for a part that is not a survey's."""
    found = _PART.fullmatch(part)
    return int(found[1]) if found and (found[2] or "") in set(Errand) else None
