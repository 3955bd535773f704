"""The wall clock, in UTC. Tests put a settable one in its place."""

from datetime import UTC, datetime


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)
