"""Blobs, written and read in pieces, so that a large file is never held as a whole."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from io import BufferedReader
from itertools import chain
from time import monotonic, sleep
from typing import TYPE_CHECKING, BinaryIO
from uuid import uuid4

from shared.errors import NotFound, NotNow
from shared.storage.blob_path import blob_address, container_and_name
from shared.storage.blob_reader import PIECE, BlobReader
from shared.storage.connect import StorageAccount
from shared.storage.translate import pages, patiently

if TYPE_CHECKING:
    from azure.storage.blob import BlobClient, BlobProperties

_LONGEST_COPY_SECONDS = 15


class StorageBlobs:
    def __init__(self, account: StorageAccount) -> None:
        self._account = account

    def put(self, path: str, data: bytes | Iterable[bytes], *, content_type: str = "application/octet-stream") -> int:
        pieces = _pieces([data] if isinstance(data, bytes) else data)
        first, second = next(pieces, b""), next(pieces, None)
        if second is None:
            self._put_whole(path, first, content_type)
            return len(first)
        return self._put_blocks(path, chain((first, second), pieces), content_type)

    def get(self, path: str) -> bytes:
        with self.open(path) as stream:
            return stream.read()

    def open(self, path: str) -> BinaryIO:
        return BufferedReader(BlobReader(self._account.service("blob"), path), buffer_size=PIECE)

    def size(self, path: str) -> int | None:
        properties = self._properties(path)
        return properties.size if properties else None

    def content_type(self, path: str) -> str | None:
        properties = self._properties(path)
        return properties.content_settings.content_type if properties else None

    def copy(self, source: str, target: str) -> None:
        """Inside the account, by the service itself: no byte passes through here."""
        from azure.core.exceptions import ResourceNotFoundError

        origin, copied = self._blob(source), self._blob(target)

        def start(_tries: int) -> str:
            try:
                return str(copied.start_copy_from_url(origin.url)["copy_status"])
            except ResourceNotFoundError as exc:
                # Without a source or without the target's container: the service's codes do not always tell which.
                if self._properties(source) is None:
                    raise NotFound(f"There is no blob {source}.") from exc
                raise

        if patiently(start, create=lambda: self._create_container(target)) != "success":
            self._wait_for_copy(target)

    def delete(self, path: str) -> None:
        from azure.core.exceptions import ResourceNotFoundError

        def delete(_tries: int) -> None:
            try:
                self._blob(path).delete_blob()
            except ResourceNotFoundError:
                return

        patiently(delete)

    def under(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        container, _, start = prefix.partition("/")
        found = self._account.blobs.get_container_client(container).list_blobs(name_starts_with=start)
        for page in pages(found):
            for blob in page:
                yield f"{container}/{blob.name}", blob.last_modified

    def _blob(self, path: str) -> "BlobClient":
        return self._account.blobs.get_blob_client(*container_and_name(path))

    def _create_container(self, path: str) -> None:
        self._account.blobs.create_container(container_and_name(path)[0])

    def _put_whole(self, path: str, data: bytes, content_type: str) -> None:
        service = self._account.service("blob")
        blob = blob_address(service.address, path)
        headers = {"Content-Type": "application/octet-stream"}
        headers |= {"x-ms-blob-type": "BlockBlob", "x-ms-blob-content-type": content_type}
        patiently(
            lambda _: service.ask("PUT", blob, headers, data),
            create=lambda: self._create_container(path),
        )

    def _put_blocks(self, path: str, pieces: Iterable[bytes], content_type: str) -> int:
        from azure.storage.blob import BlobBlock, ContentSettings

        # Ids are of this upload alone: two at once under one name must not mix their blocks.
        blob, upload, ids, size = self._blob(path), uuid4().hex, list[str](), 0
        for piece in pieces:
            ids.append(f"{upload}-{len(ids):05d}")
            patiently(partial(_stage, blob, ids[-1], piece), create=partial(self._create_container, path))
            size += len(piece)
        blocks = [BlobBlock(block_id) for block_id in ids]
        settings = ContentSettings(content_type=content_type)
        patiently(lambda _: blob.commit_block_list(blocks, content_settings=settings))
        return size

    def _properties(self, path: str) -> "BlobProperties | None":
        from azure.core.exceptions import ResourceNotFoundError

        def read(_tries: int) -> "BlobProperties | None":
            try:
                return self._blob(path).get_blob_properties()
            except ResourceNotFoundError:
                return None

        return patiently(read)

    def _wait_for_copy(self, target: str) -> None:
        until = monotonic() + _LONGEST_COPY_SECONDS
        while monotonic() < until:
            properties = self._properties(target)
            if properties and properties.copy.status == "success":
                return
            sleep(0.5)
        raise NotNow("storage_unavailable", "A blob is still being copied.")


def _stage(blob: "BlobClient", block_id: str, piece: bytes, _tries: int) -> None:
    blob.stage_block(block_id, piece)


def _pieces(data: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of one size, the last one excepted; never an empty one."""
    held = bytearray()
    for chunk in data:
        for at in range(0, len(chunk), PIECE):
            held += chunk[at : at + PIECE]
            if len(held) >= PIECE:
                yield bytes(held[:PIECE])
                del held[:PIECE]
    if held:
        yield bytes(held)
