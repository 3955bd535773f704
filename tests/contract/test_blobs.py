"""What every store of blobs promises."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from shared.errors import NotFound
from shared.ports.blobs import Blobs
from shared.storage.blobs import StorageBlobs
from tests.fakes.blobs import FakeBlobs
from tests.fakes.clock import FakeClock

MIB = 1024 * 1024


@pytest.fixture
def blobs(kind: str, request: pytest.FixtureRequest) -> Blobs:
    if kind == "fake":
        return FakeBlobs(FakeClock(datetime.now(UTC)))
    return StorageBlobs(request.getfixturevalue("account"))


@pytest.fixture
def folder() -> str:
    return f"incoming/{uuid4().hex}"


def test_a_blob_comes_back_with_its_size_and_type(blobs: Blobs, folder: str) -> None:
    assert blobs.put(f"{folder}/a.txt", b"hello", content_type="text/plain") == 5
    assert blobs.get(f"{folder}/a.txt") == b"hello"
    assert (blobs.size(f"{folder}/a.txt"), blobs.content_type(f"{folder}/a.txt")) == (5, "text/plain")


def test_writing_again_replaces_everything(blobs: Blobs, folder: str) -> None:
    blobs.put(f"{folder}/a", b"a long first version", content_type="text/plain")
    blobs.put(f"{folder}/a", b"short")
    assert blobs.get(f"{folder}/a") == b"short"
    assert blobs.content_type(f"{folder}/a") == "application/octet-stream"


def test_an_empty_blob_is_a_blob(blobs: Blobs, folder: str) -> None:
    assert blobs.put(f"{folder}/a", b"") == 0
    assert blobs.put(f"{folder}/b", iter(())) == 0
    assert (blobs.get(f"{folder}/a"), blobs.get(f"{folder}/b"), blobs.size(f"{folder}/a")) == (b"", b"", 0)


@pytest.mark.parametrize("path", ["{folder}/nothing", "never-made/{folder}/nothing"])
def test_what_is_not_there_is_not_found(blobs: Blobs, folder: str, path: str) -> None:
    missing = path.format(folder=folder)
    for read in (blobs.get, blobs.open):
        with pytest.raises(NotFound):
            read(missing)
    assert blobs.size(missing) is None
    assert blobs.content_type(missing) is None
    blobs.delete(missing)
    assert list(blobs.under(missing)) == []
    with pytest.raises(NotFound):
        blobs.copy(missing, f"{folder}/copy")


@pytest.mark.parametrize("size", [4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 9 * MIB])
@pytest.mark.parametrize("chunk", [333_333, 5 * MIB])
def test_what_is_written_in_chunks_is_read_in_pieces(blobs: Blobs, folder: str, size: int, chunk: int) -> None:
    whole = bytes(hashlib.shake_128(b"attachment").digest(size))
    written = blobs.put(f"{folder}/a", (whole[at : at + chunk] for at in range(0, size, chunk)))
    assert (written, blobs.size(f"{folder}/a")) == (size, size)
    with blobs.open(f"{folder}/a") as stream:
        assert b"".join(iter(lambda: stream.read(700_001), b"")) == whole
        stream.seek(size - 3)
        assert stream.read() == whole[-3:]
        stream.seek(0)
        assert stream.read(10) == whole[:10]
    assert blobs.get(f"{folder}/a") == whole
    assert blobs.put(f"{folder}/b", whole) == size
    assert blobs.get(f"{folder}/b") == whole


def test_a_write_that_breaks_off_leaves_what_was_there(blobs: Blobs, folder: str) -> None:
    blobs.put(f"{folder}/a", b"before")

    def breaking() -> Iterator[bytes]:
        yield b"x" * 5 * MIB
        raise OSError("the mailbox hung up")

    with pytest.raises(OSError, match="hung up"):
        blobs.put(f"{folder}/a", breaking())
    assert blobs.get(f"{folder}/a") == b"before"


def test_a_copy_stands_on_its_own_and_keeps_the_type(blobs: Blobs, folder: str) -> None:
    blobs.put(f"{folder}/a", b"x" * 5 * MIB, content_type="application/pdf")
    target = f"outgoing/{folder.partition('/')[2]}/copy"
    blobs.copy(f"{folder}/a", target)
    blobs.delete(f"{folder}/a")
    assert (blobs.size(target), blobs.content_type(target)) == (5 * MIB, "application/pdf")
    blobs.delete(target)
    assert blobs.size(target) is None


def test_all_below_a_folder_are_listed_with_their_last_change(blobs: Blobs, folder: str) -> None:
    for name in ("a", "b/c", "b/d"):
        blobs.put(f"{folder}/{name}", b"x")
    blobs.put(f"{folder}-other/e", b"x")
    found = dict(blobs.under(f"{folder}/"))
    assert sorted(found) == [f"{folder}/a", f"{folder}/b/c", f"{folder}/b/d"]
    assert [path for path, _ in blobs.under(f"{folder}/b/")] == [f"{folder}/b/c", f"{folder}/b/d"]
    assert all(abs((datetime.now(UTC) - changed).total_seconds()) < 60 for changed in found.values())


@pytest.mark.parametrize("name", ["../fabrikam/x", "./x", "a//b", "", "a/.."])
def test_no_path_leads_out_of_its_folder(blobs: Blobs, folder: str, name: str) -> None:
    with pytest.raises(ValueError, match="path"):
        blobs.put(f"{folder}/{name}", b"x")
    with pytest.raises(ValueError, match="path"):
        blobs.get(f"{folder}/{name}")


MEMORY = """
import resource, sys
from shared.storage.blobs import StorageBlobs
from shared.storage.connect import StorageAccount
from shared.storage.place import Place
blobs = StorageBlobs(StorageAccount(Place(connection_string=sys.argv[1])))
blobs.put("incoming/memory/small", b"x"); blobs.get("incoming/memory/small")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
blobs.put("incoming/memory/large", (b"x" * 1_000_000 for _ in range(40)))
with blobs.open("incoming/memory/large") as stream:
    total = sum(len(piece) for piece in iter(lambda: stream.read(1_000_000), b""))
print(total, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_forty_megabytes_pass_through_without_being_held(storage: str) -> None:
    """In a process of its own, whose peak of memory nobody else raises."""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, storage], cwd=root, capture_output=True, text=True, check=True, timeout=60
    )
    total, grown = map(int, done.stdout.split())
    assert total == 40_000_000
    assert grown < 32
