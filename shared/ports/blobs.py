"""Where everything large lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime


class Blobs(Protocol):
    """Paths are ``<container>/<organization>/<name>…``. Raises NotNow ``storage_unavailable``."""

    def put(self, path: str, data: bytes | Iterable[bytes], *, content_type: str = "application/octet-stream") -> int:
        """Writes or overwrites; the answer is the size in bytes."""
        ...

    def get(self, path: str) -> bytes:
        """Raises NotFound."""
        ...

    def open(self, path: str) -> BinaryIO:
        """A stream that reads in pieces. Raises NotFound."""
        ...

    def size(self, path: str) -> int | None:
        """None when there is no such blob."""
        ...

    def content_type(self, path: str) -> str | None: ...

    def copy(self, source: str, target: str) -> None:
        """Raises NotFound."""
        ...

    def delete(self, path: str) -> None:
        """Deleting what is gone is no error."""
        ...

    def under(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """Path and time of last change of every blob below."""
        ...
