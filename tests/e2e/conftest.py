from collections.abc import Iterator

import pytest

from tests.e2e.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One stack for every end-to-end test of this process; tests use mailboxes and ids of their own.

    Every logger of every library speaks as much as it can: what they say is searched for secrets.
    """
    with Stack(tmp_path_factory.mktemp("stack"), LOCAL_LOG_LEVEL="NOTSET") as running:
        yield running
