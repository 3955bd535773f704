"""In which language a page speaks: the reader's browser says so. The words are data, one file for each language."""

import json
import re
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("en", "de")
_ENTRY = re.compile(r"([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9]{1,8})*\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?")
_LONGEST_HEADER = 500


def preferred(accept_language: str) -> str:
    """``Accept-Language`` (RFC 9110, 12.5.4) to one of ours; English where none is wanted."""
    wanted: list[tuple[float, int, str]] = []
    for place, entry in enumerate(accept_language[:_LONGEST_HEADER].split(",")):
        found = _ENTRY.fullmatch(entry.strip())
        if found and found[1].lower() in LANGUAGES and float(found[2] or 1) > 0:
            wanted.append((-float(found[2] or 1), place, found[1].lower()))
    return min(wanted)[2] if wanted else LANGUAGES[0]


class Words:
    """A language's words by name: ``words("vote.send")``, ``words("vote.closes", date=…)``."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._words = catalogue(language)

    def __call__(self, name: str, /, **values: object) -> str:
        return self._words[name].format(**values)

    def instant(self, at: datetime) -> str:
        """Nobody knows where the reader is: the time is that of UTC, and says so."""
        utc = at.astimezone(UTC)
        month = self._words["months"].split()[utc.month - 1]
        return self("instant", day=utc.day, month=month, year=utc.year, time=f"{utc:%H:%M}")


@cache
def catalogue(language: str) -> dict[str, str]:
    return {**_words(f"{language}.json"), **_words(f"manage.{language}.json")}


def _words(name: str) -> dict[str, str]:
    words: dict[str, Any] = json.loads(files(__package__).joinpath("catalogue", name).read_text("utf-8"))
    return words
