from collections.abc import Iterator

import pytest

from tests.conftest import shares_stack
from tests.e2e.stack import Stack

CONSOLE = {"OTEL_TRACES_EXPORTER": "console", "OTEL_BSP_SCHEDULE_DELAY": "300"}


class Shared:
    """One stack, started when a test asks for it and ended when the next one does without: its timers cost time."""

    def __init__(self) -> None:
        self._running: Stack | None = None

    def running(self, folders: pytest.TempPathFactory) -> Stack:
        if self._running is None:
            self._running = Stack(folders.mktemp("stack"), LOCAL_LOG_LEVEL="NOTSET", **CONSOLE).__enter__()
        return self._running

    def end(self) -> None:
        ending, self._running = self._running, None
        if ending is not None:
            ending.__exit__()


SHARED = Shared()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    if nextitem is None or not shares_stack(nextitem):
        SHARED.end()


@pytest.fixture(scope="session")
def _ended_at_last() -> Iterator[None]:
    yield
    SHARED.end()


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory, _ended_at_last: None) -> Stack:
    """One stack for the end-to-end tests of this process; tests use mailboxes and ids of their own.

    Every logger of every library speaks as much as it can, and telemetry is printed: whatever the tests do is looked
    through for what is nobody's business.
    """
    return SHARED.running(tmp_path_factory)
