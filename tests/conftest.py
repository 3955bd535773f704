"""What tests of every kind share: one real storage per test process."""

from collections.abc import Iterator

import pytest

from local.azurite import Azurite


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """Azurite in memory, one for each xdist worker. Use names of your own in it: other tests share it."""
    with Azurite() as running:
        yield running


@pytest.fixture(scope="session")
def storage(azurite: Azurite) -> str:
    """The connection string of this test process's storage."""
    return azurite.connection_string


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The whole stack first: its tests wait more than they work, and others fill the time."""
    items.sort(key=lambda item: "e2e" not in item.path.parts)
