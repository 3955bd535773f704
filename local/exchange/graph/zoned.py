"""dateTimeTimeZone, both ways: a wall clock and the name of its zone, Windows' or the IANA's."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from local.exchange.graph.ask import Ask, Json
from local.exchange.graph.refusal import GraphRefused, bad_request
from local.exchange.store import CalendarItem, Refused, zones

_PREFERRED = re.compile(r"outlook\.timezone\s*=\s*\"?([^\",;]+)", re.IGNORECASE)
_FORM = "%Y-%m-%dT%H:%M:%S.0000000"


def preferred(ask: Ask) -> str:
    """Where times are shown: UTC unless the client prefers a zone."""
    found = _PREFERRED.search(ask.prefer)
    return checked(found[1].strip()) if found else "UTC"


def checked(name: str) -> str:
    """Raises GraphRefused."""
    try:
        zones.zone_of(name)
    except Refused:
        raise unknown_zone(name) from None
    return name


def unknown_zone(name: str) -> GraphRefused:
    return bad_request(
        f"A valid TimeZone value must be specified. The following TimeZone value is not supported: '{name}'.",
        "TimeZoneNotSupportedException",
    )


def shown(moment: datetime, zone: str) -> Json:
    return {"dateTime": zones.local(moment, zone).strftime(_FORM), "timeZone": zone}


def shown_of(item: CalendarItem, moment: datetime, own_zone: str, ask: Ask) -> Json:
    """All-day events show their own midnight, whatever zone the client looks from."""
    zone = preferred(ask)
    return {**shown(moment, own_zone), "timeZone": zone} if item.is_all_day else shown(moment, zone)


def read(given: Any) -> tuple[datetime, str]:
    """The instant and the zone's name as it came. Raises GraphRefused."""
    written, zone = (given or {}).get("dateTime"), (given or {}).get("timeZone") or "UTC"
    try:
        wall = datetime.fromisoformat(str(written))
    except ValueError:
        raise bad_request("The DateTime value is invalid.", "ErrorInvalidProperty") from None
    checked(str(zone))
    if wall.tzinfo is not None:
        return wall.astimezone(UTC), str(zone)
    return zones.instant_at(wall, str(zone)), str(zone)


def instant_of(written: str, zone: str) -> datetime:
    """A query's date and time, with an offset or meant in that zone. Raises GraphRefused."""
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise bad_request("The DateTime value is invalid.", "ErrorInvalidParameter") from None
    return found.astimezone(UTC) if found.tzinfo is not None else zones.instant_at(found, zone)
