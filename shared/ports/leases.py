"""Who works on something alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Lease:
    """``proof`` is what the store knows the holder by."""

    name: str
    until: datetime
    proof: Any


class Leases(Protocol):
    """Who works on something alone. Whoever holds a lease ends before ``until`` or renews it in time."""

    def acquire(self, name: str, seconds: float) -> Lease | None:
        """None while somebody else holds it."""
        ...

    def renew(self, lease: Lease, seconds: float) -> Lease | None:
        """The lease to go on with; None when it was lost."""
        ...

    def release(self, lease: Lease) -> None:
        """Giving back what was lost is no error."""
        ...
