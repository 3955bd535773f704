"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta

MONDAY_MORNING = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)


class FakeClock:
    def __init__(self, now: datetime = MONDAY_MORNING) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def set(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)

    def advance(self, by: timedelta | float) -> None:
        """By a time span, or by seconds."""
        self._now += by if isinstance(by, timedelta) else timedelta(seconds=by)
