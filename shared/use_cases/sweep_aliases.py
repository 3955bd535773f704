"""Forgets the Message-IDs that transport gave to mails longer ago than the retention: like the journal."""

from collections.abc import Iterator
from datetime import timedelta

from shared.domain.alias import BY_TIME, Alias
from shared.domain.organization import Organization
from shared.ports.clock import Clock
from shared.ports.leases import Leases
from shared.ports.records import Records, Stale, Stored

_EVERY = timedelta(hours=6)
_LEASE = "sweep-aliases"
_PAGE = 200


class SweepAliases:
    def __init__(
        self,
        *,
        organizations: Records[Organization],
        aliases: Records[Alias],
        leases: Leases,
        clock: Clock,
        retention: timedelta,
    ) -> None:
        self._organizations = organizations
        self._aliases = aliases
        self._leases = leases
        self._clock = clock
        self._retention = retention

    def __call__(self) -> int:
        """At most every six hours, whoever calls: the lease is not given back. Answers how many were forgotten."""
        if self._leases.acquire(_LEASE, _EVERY.total_seconds()) is None:
            return 0
        with_some = [one.key for one in self._organizations.everywhere() if one.value.rewritten_message_ids]
        return sum(self._forget(stored) for organization in with_some for stored in self._old(organization))

    def _old(self, organization: str) -> Iterator[Stored[Alias]]:
        before, continuation = self._clock.now() - self._retention, None
        while True:
            page = self._aliases.list(organization, index=BY_TIME, limit=_PAGE, continuation=continuation)
            for stored in page.items:
                if stored.value.sent_at >= before:
                    return
                yield stored
            continuation = page.continuation
            if continuation is None:
                return

    def _forget(self, stored: Stored[Alias]) -> bool:
        try:
            self._aliases.delete(stored)
        except Stale:
            return False
        return True
