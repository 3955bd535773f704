"""The token of a form: one person's, for a day or two, from a key that only the installation knows."""

from datetime import timedelta

import pytest

from shared.domain.caller import Caller
from shared.domain.form_key import FormKey
from shared.errors import Forbidden
from shared.use_cases.form_tokens import FormTokens
from tests.fakes.clock import FakeClock
from tests.fakes.records import FakeRecords
from tests.fakes.vault import FakeVault

ANNA, BOB = Caller("oid-of-anna", "anna@contoso.example"), Caller("oid-of-bob", "bob@contoso.example")


class Installation:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.vault = FakeVault(self.clock)
        self.keys: FakeRecords[FormKey] = FakeRecords()

    def process(self) -> FormTokens:
        return FormTokens(keys=self.keys, vault=self.vault, clock=self.clock)


def test_every_process_of_an_installation_knows_the_key() -> None:
    here = Installation()
    here.process().check(ANNA, here.process().issue(ANNA))
    elsewhere = Installation()
    with pytest.raises(Forbidden):
        elsewhere.process().check(ANNA, here.process().issue(ANNA))


def test_a_token_is_one_persons() -> None:
    tokens = Installation().process()
    for token in ("", "x", tokens.issue(BOB), tokens.issue(ANNA)[:-1]):
        with pytest.raises(Forbidden):
            tokens.check(ANNA, token)


def test_a_token_of_yesterday_is_good_and_one_of_the_day_before_is_not() -> None:
    here = Installation()
    tokens = here.process()
    token = tokens.issue(ANNA)
    here.clock.advance(timedelta(days=1))
    tokens.check(ANNA, token)
    here.clock.advance(timedelta(days=1))
    with pytest.raises(Forbidden):
        tokens.check(ANNA, token)


def test_the_key_is_in_the_vault_and_named_so_that_the_sweep_leaves_it() -> None:
    here = Installation()
    here.process().issue(ANNA)
    (secret,) = here.vault.secrets()
    assert list(here.process().secret_names()) == [secret.name]
    stored = here.keys.get("installation", "forms")
    assert stored
    assert here.vault.get(secret.name) not in stored.value.model_dump_json()


def test_of_two_processes_that_begin_together_one_key_counts() -> None:
    here = Installation()

    class LooksTooEarly(FakeRecords[FormKey]):
        """Both look before either writes."""

        def get(self, partition: str, key: str) -> object:  # type: ignore[override]
            return super().get(partition, key) if self.calls["create"] else None

    here.keys = LooksTooEarly()
    first, second = here.process(), here.process()
    first.issue(ANNA)
    here.keys.calls["create"] = 0
    second.check(ANNA, first.issue(ANNA))
