"""GetServerTimeZones: the zones that this server knows, by their Windows names, with today's offset."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from local.exchange.ews.answer import success
from local.exchange.ews.markup import Element, children, find, text, text_of
from local.exchange.ews.session import Session

ZONES = {
    "UTC": "UTC", "GMT Standard Time": "Europe/London", "W. Europe Standard Time": "Europe/Berlin", "Romance Standard Time": "Europe/Paris",
    "Central Europe Standard Time": "Europe/Budapest", "Turkey Standard Time": "Europe/Istanbul", "Eastern Standard Time": "America/New_York",
    "Central Standard Time": "America/Chicago", "Mountain Standard Time": "America/Denver", "Pacific Standard Time": "America/Los_Angeles",
    "India Standard Time": "Asia/Kolkata", "China Standard Time": "Asia/Shanghai", "Tokyo Standard Time": "Asia/Tokyo",
    "AUS Eastern Standard Time": "Australia/Sydney", "New Zealand Standard Time": "Pacific/Auckland",
}  # fmt: skip


def get_server_time_zones(request: Element, _session: Session) -> Iterator[str]:
    wanted = [text_of(element).strip() for element in children(find(request, "Ids"))] or list(ZONES)
    shown = "".join(_definition(name, ZONES[name]) for name in wanted if name in ZONES)
    yield success("GetServerTimeZones", f"<m:TimeZoneDefinitions>{shown}</m:TimeZoneDefinitions>")


def _definition(windows: str, iana: str) -> str:
    offset = datetime.now(UTC).astimezone(ZoneInfo(iana)).utcoffset()
    minutes = -int(offset.total_seconds() // 60) if offset is not None else 0
    bias = f"{'-' if minutes < 0 else ''}PT{abs(minutes) // 60}H{abs(minutes) % 60}M"
    period = f'<t:Period Bias="{bias}" Name="Standard" Id="std"/>'
    return (
        f'<t:TimeZoneDefinition Name="{text(windows)}" Id="{text(windows)}"><t:Periods>{period}</t:Periods><t:TransitionsGroups>'
        '<t:TransitionsGroup Id="0"><t:Transition><t:To Kind="Period">std</t:To></t:Transition></t:TransitionsGroup></t:TransitionsGroups>'
        '<t:Transitions><t:Transition><t:To Kind="Group">0</t:To></t:Transition></t:Transitions></t:TimeZoneDefinition>'
    )
