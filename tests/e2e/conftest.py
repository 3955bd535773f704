from collections.abc import Iterator

import pytest

from tests.e2e.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One stack for every end-to-end test of this process; tests use mailboxes and ids of their own."""
    with Stack(tmp_path_factory.mktemp("stack")) as running:
        yield running
