"""Records of every kind, guarded by their versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")


class AlreadyThere(Exception):
    """A record with this key exists."""


class Stale(Exception):
    """Somebody else changed or deleted the record since it was read."""


@dataclass(frozen=True, slots=True)
class Stored(Generic[T]):
    """A record as it was read; ``version`` guards the next write."""

    partition: str
    key: str
    value: T
    version: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    items: tuple[Stored[T], ...]
    continuation: str | None = None


class Records(Protocol[T]):
    """Records of one kind in partitions (mostly: organizations).

    Partition and key are identifiers as specified or hashes, never a caller's raw text. A kind may have indexes: names
    that each record gives itself (``state:failed``), each with an order inside it; they change together with the
    record or not at all.

    Raises NotNow ``storage_unavailable`` when the store is away.
    """

    def get(self, partition: str, key: str) -> Stored[T] | None: ...

    def create(self, partition: str, key: str, value: T) -> Stored[T]:
        """Raises AlreadyThere."""
        ...

    def replace(self, stored: Stored[T], value: T) -> Stored[T]:
        """Raises Stale."""
        ...

    def delete(self, stored: Stored[T]) -> None:
        """Raises Stale. Deleting what is gone is Stale too."""
        ...

    def list(self, partition: str, *, index: str = "", limit: int = 50, continuation: str | None = None) -> Page[T]:
        """By key, or in the order of the index. Raises InvalidRequest for a continuation that is not ours."""
        ...

    def everywhere(self) -> Iterator[Stored[T]]:
        """Every record of every partition: for sweeps, never on the path of a request. Complete, or it raises."""
        ...

    def partitions(self) -> Iterator[str]:
        """The name of every partition that has a record: for sweeps. One request for each of them."""
        ...
