"""A reader of the pages behind the sign-in: language, time zone, and how numbers, instants and the connector's sentences look to them."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from http.cookies import CookieError, SimpleCookie
from importlib.resources import files
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from shared.domain.instants import instant_text
from shared.web.language import LANGUAGES, Words, preferred

if TYPE_CHECKING:
    from markupsafe import Markup

LANGUAGE, ZONE = "language", "zone"
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


class Reader(Words):
    """Chosen in cookies, else by the browser: its header tells the language, its script the zone. Without either: UTC."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        cookies = _cookies(headers.get("Cookie", ""))
        chosen = cookies.get(LANGUAGE, "")
        super().__init__(chosen if chosen in LANGUAGES else preferred(headers.get("Accept-Language", "")))
        self.zone = cookies[ZONE] if is_zone(cookies.get(ZONE, "")) else ""

    @property
    def zone_name(self) -> str:
        return self.zone or "UTC"

    def local(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.zone) if self.zone else UTC)

    def when(self, at: datetime | None) -> "Markup | str":
        """An instant as an element: where no zone is chosen, the script writes it anew in the browser's."""
        from markupsafe import Markup

        if at is None:
            return "\u2013"
        local = self.local(at)
        month = self._words["months.short"].split()[local.month - 1]
        text = self("instant.short", day=local.day, month=month, year=local.year, time=f"{local:%H:%M}")
        return Markup('<time datetime="{}" title="{}">{}</time>').format(instant_text(at), f"{local:%H:%M:%S %Z}", text)

    def span(self, seconds: float) -> str:
        """A duration in its largest unit."""
        for name, size in (("days", _DAY), ("hours", _HOUR), ("minutes", _MINUTE)):
            if seconds >= 2 * size:
                return self(f"span.{name}", n=int(seconds // size))
        return self("span.seconds", n=int(seconds))

    def apart(self, earlier: datetime, later: datetime) -> str:
        return self.span(max(timedelta(), later - earlier).total_seconds())

    def has(self, name: str) -> bool:
        return name in self._words

    def said(self, text: str | None) -> str:
        """A sentence of the connector in the reader's language; as it is where nobody has translated it."""
        return sentence(_translated(self.language, text or ""))


def sentence(text: str) -> str:
    """With a capital letter: what stands beside a field begins small."""
    return text[:1].upper() + text[1:]


def is_zone(name: str) -> bool:
    if not re.fullmatch(r"[A-Za-z0-9_+/-]{1,50}", name):
        return False
    try:
        return bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


@cache
def zones() -> tuple[str, ...]:
    """To choose from: places, and UTC."""
    places = (name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix", "right")))
    return ("UTC", *sorted(places))


def cookie(name: str, value: str, *, secure: bool) -> str:
    year = 365 * _DAY
    return f"{name}={value}; Path=/api/manage; Max-Age={year}; SameSite=Lax{'; Secure' if secure else ''}"


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header[:4000]).items()}
    except CookieError:
        return {}


def _translated(language: str, text: str) -> str:
    plain, patterns = _sentences(language)
    if text in plain:
        return plain[text]
    for pattern, translation in patterns:
        if found := pattern.fullmatch(text):
            values = {name: _translated(language, value) for name, value in found.groupdict().items()}
            return translation.format(**values)
    return text


@cache
def _sentences(language: str) -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    """Whole sentences, and those with names in braces that stand for what differs."""
    place = files(__package__).joinpath("catalogue", f"said.{language}.json")
    known: dict[str, str] = json.loads(place.read_text("utf-8")) if place.is_file() else {}
    plain = {english: words for english, words in known.items() if "{" not in english}
    return plain, [(_pattern(english), words) for english, words in known.items() if "{" in english]


def _pattern(english: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", english)
    return re.compile(
        "".join(f"(?P<{part}>.+?)" if n % 2 else re.escape(part) for n, part in enumerate(parts)), re.DOTALL
    )
