"""Time zones by the names that clients use: Windows ids in EWS, either kind in Graph."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from local.exchange.store.refusal import Refused

_ALSO_UTC = {"utc": "UTC", "tzone://microsoft/utc": "UTC"}


@cache
def zone_of(name: str) -> tzinfo:
    """Raises Refused ErrorTimeZone for a name that is neither Windows' nor the IANA's."""
    from exchangelib.winzone import MS_TIMEZONE_TO_IANA_MAP

    iana = _ALSO_UTC.get(name.casefold()) or MS_TIMEZONE_TO_IANA_MAP.get(name, name)
    if iana == "UTC":
        return UTC
    try:
        return ZoneInfo(iana)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused("ErrorTimeZone", "The specified time zone isn't valid.") from None


def windows_name(name: str) -> str:
    """How EWS shows a zone that came in under either name."""
    from exchangelib.winzone import IANA_TO_MS_TIMEZONE_MAP, MS_TIMEZONE_TO_IANA_MAP

    return name if name in MS_TIMEZONE_TO_IANA_MAP else str(IANA_TO_MS_TIMEZONE_MAP.get(name, name))


def local(moment: datetime, zone: str) -> datetime:
    """The wall clock there, without a zone."""
    return moment.astimezone(zone_of(zone)).replace(tzinfo=None)


def instant_at(wall: datetime, zone: str) -> datetime:
    """The instant of a wall clock's time; one that a clock change leaves out moves forward, as Exchange moves it."""
    return wall.replace(tzinfo=zone_of(zone)).astimezone(UTC)
