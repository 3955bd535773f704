"""Time zones by either of their names: IANA's (``Europe/Berlin``) or Windows's, which Exchange speaks (``W. Europe Standard Time``).

And local times in them: one that a change of the clock leaves out, or brings twice, is never guessed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.errors import Rejected

# Old names in tzdata's file "backward" that CLDR's table of Windows zones leaves out.
_OLD_NAMES = {
    "GMT": "Etc/GMT",
    "EST5EDT": "America/New_York",
    "CST6CDT": "America/Chicago",
    "MST7MDT": "America/Denver",
    "PST8PDT": "America/Los_Angeles",
    "US/East-Indiana": "America/Indianapolis",
    "Europe/Uzhgorod": "Europe/Kiev",
    "Europe/Zaporozhye": "Europe/Kiev",
}


@dataclass(frozen=True, slots=True)
class TimeZone:
    """``name`` as it was written; ``windows`` is what Exchange is told."""

    name: str
    iana: str
    windows: str

    @property
    def info(self) -> ZoneInfo:
        return ZoneInfo(self.iana)


@lru_cache(maxsize=2000)
def find_time_zone(name: str, field: str) -> TimeZone:
    """Raises Rejected ``time_zone_unknown``; ``field`` is where the name was written."""
    from tzlocal.windows_tz import tz_win, win_tz

    iana = _OLD_NAMES.get(name, name)
    found = TimeZone(name, iana, tz_win[iana]) if iana in tz_win else _windows_zone(name, win_tz)
    if found is None or not _is_there(found.iana):
        words = f"There is no time zone {name!r}; write an IANA or Windows name such as Europe/Berlin."
        raise Rejected("time_zone_unknown", words, field=field)
    return found


def instant_of(local: datetime, zone: TimeZone, field: str) -> datetime:
    """In UTC. Raises Rejected ``time_does_not_exist``, ``time_ambiguous`` with both readings."""
    earlier, later = (local.replace(tzinfo=zone.info, fold=fold).astimezone(UTC) for fold in (0, 1))
    if earlier != later:
        raise _unclear(local, zone, earlier, later, field)
    _check_exchange_agrees(local, zone, earlier, field)
    return earlier


def start_of_day(midnight: datetime, zone: TimeZone, field: str) -> datetime:
    """In UTC. Where the clock changes at midnight the day begins with its first instant."""
    instant = midnight.replace(tzinfo=zone.info, fold=0).astimezone(UTC)
    _check_exchange_agrees(midnight, zone, instant, field)
    return instant


def local_time(instant: datetime, zone: TimeZone) -> datetime:
    """As the clock on the wall shows it, without offset."""
    return instant.astimezone(zone.info).replace(tzinfo=None, fold=0)


def _windows_zone(name: str, table: dict[str, str]) -> TimeZone | None:
    """Without regard to case, as Windows does it."""
    known = next((one for one in table if one and one.casefold() == name.casefold()), None)
    return TimeZone(name, table[known], known) if known else None


def _is_there(iana: str) -> bool:
    try:
        ZoneInfo(iana)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True


def _unclear(local: datetime, zone: TimeZone, earlier: datetime, later: datetime, field: str) -> Rejected:
    when, either = f"{local:%Y-%m-%dT%H:%M}", [_reading(one, zone) for one in sorted((earlier, later))]
    change = "the clock changes there"
    if earlier > later:  # read with the offset before the change it lies behind it, and the other way round
        words = f"{when} does not exist in {zone.name}: {change}. It could mean {either[0]} or {either[1]}."
        return Rejected("time_does_not_exist", words, field=field)
    words = f"{when} exists twice in {zone.name}: {change}. It could mean {either[0]} or {either[1]}."
    return Rejected("time_ambiguous", words, field=field)


def _reading(instant: datetime, zone: TimeZone) -> str:
    return f"{instant.astimezone(zone.info).isoformat(timespec='minutes')} ({instant:%Y-%m-%dT%H:%MZ})"


def _check_exchange_agrees(local: datetime, zone: TimeZone, instant: datetime, field: str) -> None:
    """A few zones share a Windows name with one that has other rules: Exchange would shift the time in silence."""
    from tzlocal.windows_tz import win_tz

    theirs = local.replace(tzinfo=ZoneInfo(win_tz[zone.windows])).astimezone(UTC)
    if theirs != instant:
        words = f"Exchange has no time zone with the rules of {zone.name} at {local:%Y-%m-%dT%H:%M}; give it in UTC."
        raise Rejected("time_zone_unknown", words, field=field)
