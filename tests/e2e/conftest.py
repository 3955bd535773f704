from collections.abc import Iterator

import pytest

from tests.e2e.stack import Stack

CONSOLE = {"OTEL_TRACES_EXPORTER": "console", "OTEL_BSP_SCHEDULE_DELAY": "300"}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One stack for every end-to-end test of this process; tests use mailboxes and ids of their own.

    Every logger of every library speaks as much as it can, and telemetry is printed: whatever the tests do is looked
    through for what is nobody's business.
    """
    with Stack(tmp_path_factory.mktemp("stack"), LOCAL_LOG_LEVEL="NOTSET", **CONSOLE) as running:
        yield running
