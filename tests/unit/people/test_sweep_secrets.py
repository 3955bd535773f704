"""Key Vault holds nothing for ever that no record names, and never loses what one does."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from shared.errors import NotNow
from shared.use_cases.sweep_secrets import SweepSecrets
from tests.fakes.clock import FakeClock
from tests.fakes.vault import FakeVault


class Tables:
    """A table that names secrets, and may forget one in a listing or break off."""

    def __init__(self, *listings: list[str]) -> None:
        self.listings = list(listings)
        self.read = 0

    def __call__(self) -> Iterator[str]:
        self.read += 1
        yield from self.listings[min(self.read, len(self.listings)) - 1]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def vault(clock: FakeClock) -> FakeVault:
    return FakeVault(clock)


def test_an_old_secret_that_nothing_names_is_removed(vault: FakeVault, clock: FakeClock) -> None:
    kept, orphan = vault.put("a", tags={}), vault.put("b", tags={})
    clock.advance(timedelta(hours=25))
    assert SweepSecrets(vault=vault, clock=clock, named=[Tables([kept])])() == 1
    assert vault.names == {kept}, orphan


def test_a_young_secret_may_be_about_to_be_named(vault: FakeVault, clock: FakeClock) -> None:
    young = vault.put("a", tags={})
    clock.advance(timedelta(hours=23))
    assert SweepSecrets(vault=vault, clock=clock, named=[Tables([])])() == 0
    assert vault.names == {young}


@pytest.mark.parametrize("listings", [([], ["both"]), (["both"], [])], ids=["missed first", "missed second"])
def test_a_row_that_one_listing_misses_keeps_its_secret(
    vault: FakeVault, clock: FakeClock, listings: tuple[list[str], list[str]]
) -> None:
    name = vault.put("a", tags={})
    clock.advance(timedelta(hours=25))
    table = Tables(*[[name] if listing else [] for listing in listings])
    assert SweepSecrets(vault=vault, clock=clock, named=[table])() == 0
    assert vault.names == {name}


def test_every_table_counts(vault: FakeVault, clock: FakeClock) -> None:
    one, two = vault.put("a", tags={}), vault.put("b", tags={})
    clock.advance(timedelta(hours=25))
    assert SweepSecrets(vault=vault, clock=clock, named=[Tables([one]), Tables([two])])() == 0


def test_a_listing_that_breaks_off_removes_nothing(vault: FakeVault, clock: FakeClock) -> None:
    def broken() -> Iterator[str]:
        yield "another"
        raise NotNow("storage_unavailable", "away")

    name = vault.put("a", tags={})
    clock.advance(timedelta(hours=25))
    with pytest.raises(NotNow):
        SweepSecrets(vault=vault, clock=clock, named=[broken])()
    assert vault.names == {name}
