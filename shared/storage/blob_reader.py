"""A blob as a stream that reads ranges, all of the same version of the blob."""

from http import HTTPStatus
from io import SEEK_CUR, SEEK_END, SEEK_SET, RawIOBase
from typing import TYPE_CHECKING, Any

from shared.errors import NotFound, NotNow
from shared.storage.blob_path import blob_address
from shared.storage.translate import error_code, patiently

if TYPE_CHECKING:
    from shared.storage.service import Service

PIECE = 4 * 1024 * 1024


class BlobReader(RawIOBase):
    """The first piece is read at once: it tells whether there is such a blob, its size and its version."""

    def __init__(self, service: "Service", path: str) -> None:
        super().__init__()
        self._service = service
        self._address = blob_address(service.address, path)
        self._path = path
        self._at = 0
        self._etag: str | None = None
        self._first, self._size = self._read_range(0, PIECE)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        start = {SEEK_SET: 0, SEEK_CUR: self._at, SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        data = self._piece(min(len(buffer), PIECE))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def readall(self) -> bytes:
        """In large pieces, where RawIOBase would ask for 8 KiB at a time."""
        whole = bytearray()
        while data := self._piece(PIECE):
            whole += data
            self._at += len(data)
        return bytes(whole)

    def _piece(self, length: int) -> bytes:
        if self._at >= self._size:
            return b""
        if self._at < len(self._first):
            return self._first[self._at : self._at + length]
        return self._read_range(self._at, length)[0]

    def _read_range(self, at: int, length: int) -> tuple[bytes, int]:
        from azure.core.exceptions import HttpResponseError

        headers = {"x-ms-range": f"bytes={at}-{at + length - 1}", **({"If-Match": self._etag} if self._etag else {})}

        def read(_tries: int) -> tuple[bytes, int]:
            try:
                answer = self._service.ask("GET", self._address, headers)
            except HttpResponseError as exc:
                if exc.status_code == HTTPStatus.NOT_FOUND:
                    raise NotFound(f"There is no blob {self._path}.") from exc
                if exc.status_code == HTTPStatus.PRECONDITION_FAILED:
                    raise NotNow("storage_unavailable", "A blob was changed while it was read.") from exc
                if error_code(exc) == "InvalidRange":  # an empty blob has no first byte
                    return b"", 0
                raise
            self._etag = answer.headers["ETag"]
            return answer.data, _total(answer.headers["Content-Range"])

        return patiently(read)


def _total(content_range: str) -> int:
    """Of the blob: ``bytes 0-99/1234``."""
    return int(content_range.rpartition("/")[2])
