"""The wish to stop, for loops that wait."""

import asyncio
from contextlib import suppress


class Stopping:
    def __init__(self) -> None:
        self._wished = asyncio.Event()

    @property
    def wished(self) -> bool:
        return self._wished.is_set()

    def wish(self) -> None:
        self._wished.set()

    async def wait(self) -> None:
        await self._wished.wait()

    async def pause(self, seconds: float) -> None:
        """At most so long; not a moment longer once stopping is wished for."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wished.wait(), seconds)
