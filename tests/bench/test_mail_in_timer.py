"""The tick: ten thousand folders are due, and each gets its message."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import monotonic, process_time

import pytest

from local.azurite import Azurite
from shared.clock import SystemClock
from shared.domain.due import Due, DueKind
from shared.storage.connect import StorageAccount
from shared.storage.due import TableDueIndex
from shared.storage.place import Place
from shared.storage.queues import StorageQueues
from shared.use_cases.find_due_checks import FindDueChecks

FOLDERS = 10_000


@pytest.fixture
def empty() -> Iterator[str]:
    """A storage of its own: other benches leave folders that are due."""
    with Azurite() as storage:
        yield storage.connection_string


@pytest.mark.bench
@pytest.mark.timeout(600)
def test_ten_thousand_folders_get_their_messages(empty: str, capsys: pytest.CaptureFixture[str]) -> None:
    account = StorageAccount(Place(connection_string=empty))
    index, long_ago = TableDueIndex(account), datetime.now(UTC) - timedelta(days=1)
    with ThreadPoolExecutor(16) as threads:
        entries = (Due(DueKind.CHECK, long_ago, f"org-{n % 50}", f"folder-{n}") for n in range(FOLDERS))
        list(threads.map(index.put, entries))
    began, cpu = monotonic(), process_time()
    found = sum(1 for _ in index.until(DueKind.CHECK, datetime.now(UTC), limit=FOLDERS))
    read = monotonic() - began
    find = FindDueChecks(due=index, queues=StorageQueues(account), clock=SystemClock())
    began, cpu = monotonic(), process_time()
    put = find()
    seconds, spent = monotonic() - began, process_time() - cpu
    with capsys.disabled():
        sys.stdout.write(
            f"\n{FOLDERS} due folders, Azurite: index read in {read:.1f} s, all put on the queue in {seconds:.1f} s"
            f" ({spent / FOLDERS * 1000:.2f} ms CPU each)\n"
        )
    account.close()
    assert (found, put) == (FOLDERS, FOLDERS)
    assert spent < 20
