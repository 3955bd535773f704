"""Blobs in memory."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from io import BytesIO
from threading import Lock
from typing import BinaryIO

from shared.errors import NotFound
from shared.ports.clock import Clock
from shared.storage.blob_path import container_and_name
from tests.fakes.clock import FakeClock
from tests.fakes.faults import Failing


class FakeBlobs(Failing):
    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__()
        self._clock = clock or FakeClock()
        self._blobs: dict[str, tuple[bytes, str, datetime]] = {}
        self._lock = Lock()

    def put(self, path: str, data: bytes | Iterable[bytes], *, content_type: str = "application/octet-stream") -> int:
        with self._call("put"):
            container_and_name(path)
            whole = data if isinstance(data, bytes) else b"".join(data)
            with self._lock:
                self._blobs[path] = (whole, content_type, self._clock.now())
            return len(whole)

    def get(self, path: str) -> bytes:
        with self._call("get"):
            return self._blob(path)[0]

    def open(self, path: str) -> BinaryIO:
        with self._call("open"):
            return BytesIO(self._blob(path)[0])

    def size(self, path: str) -> int | None:
        with self._call("size"), self._lock:
            return len(self._blobs[path][0]) if path in self._blobs else None

    def content_type(self, path: str) -> str | None:
        with self._call("content_type"), self._lock:
            return self._blobs[path][1] if path in self._blobs else None

    def copy(self, source: str, target: str) -> None:
        with self._call("copy"):
            container_and_name(target)
            data, content_type, _ = self._blob(source)
            with self._lock:
                self._blobs[target] = (data, content_type, self._clock.now())

    def delete(self, path: str) -> None:
        with self._call("delete"), self._lock:
            self._blobs.pop(path, None)

    def under(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        with self._call("under"), self._lock:
            return iter([(path, blob[2]) for path, blob in sorted(self._blobs.items()) if path.startswith(prefix)])

    @property
    def paths(self) -> list[str]:
        with self._lock:
            return sorted(self._blobs)

    def _blob(self, path: str) -> tuple[bytes, str, datetime]:
        container_and_name(path)
        with self._lock:
            if path not in self._blobs:
                raise NotFound(f"There is no blob {path}.")
            return self._blobs[path]
