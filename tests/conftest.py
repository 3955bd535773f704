"""What tests of every kind share: one real storage per test process."""

import os
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


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole stacks first: their tests wait more than they work, and others fill the time.

    Every process of the run begins with its part of the list. Those who share a stack are at the beginning of the first
    part, so that it is started once; those that start stacks of their own are at the beginning of the second.
    """
    sharing = [item for item in items if shares_stack(item)]
    starting = [item for item in items if _starts_stack(item) and not shares_stack(item)]
    others = [item for item in items if not _starts_stack(item)]
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    first = max(0, len(items) // processes - len(sharing))
    items[:] = [*sharing, *others[:first], *starting, *others[first:]]


def _starts_stack(item: pytest.Item) -> bool:
    return bool({"e2e", "launcher"} & set(item.nodeid.split("/"))) or "stack" in getattr(item, "fixturenames", ())


def shares_stack(item: pytest.Item) -> bool:
    """The stack of its process, not one that its file starts."""
    return "stack" in getattr(item, "fixturenames", ()) and not hasattr(getattr(item, "module", None), "stack")
