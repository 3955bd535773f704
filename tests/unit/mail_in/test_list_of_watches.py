"""A list of watches tells what each has seen without asking the ledger: at most one check old, and idle checks cost nothing."""

import pytest

from shared.domain.ledger import Totals
from shared.domain.watch import Watch
from tests.unit.mail_in.office import CALLER, Office


@pytest.fixture
def office() -> Office:
    return Office()


def listed(office: Office, watch: Watch) -> Totals | None:
    asked = office.ledger.calls["totals"]
    (line,) = office.show.many([office.current(watch)])
    assert office.ledger.calls["totals"] == asked
    assert line.connection
    return line.watch.status.totals if line.counted else None


def test_a_list_follows_what_the_watch_has_seen(office: Office) -> None:
    watch = office.watch(filter={"subjectContains": ["Invoice"]})
    assert listed(office, watch) is None
    office.tick()
    office.anna.deliver("Invoice 1")
    office.anna.deliver("Summer party")
    office.tick(2)
    assert listed(office, watch) == Totals(seen=2, started=1, filtered=1) == office.totals(watch)


def test_idle_checks_do_not_ask_the_ledger(office: Office) -> None:
    office.watch()
    office.anna.deliver("Invoice 1")
    office.tick(3)
    asked = office.ledger.calls["totals"]
    office.tick(5)
    assert office.ledger.calls["totals"] == asked


def test_what_is_started_by_hand_is_counted_too(office: Office) -> None:
    watch = office.watch(filter={"subjectContains": ["Invoice"]})
    office.tick()
    office.anna.deliver("Summer party")
    office.tick(2)
    (entry,) = office.entries(watch)
    office.journal.replay(CALLER, "contoso", watch.id, entry.key)
    office.tick(2)
    assert listed(office, watch) == Totals(seen=1, started=1) == office.totals(watch)


def test_a_watch_whose_folder_is_no_longer_checked_is_shown_without_counts(office: Office) -> None:
    watch = office.watch()
    office.tick(2)
    office.patch(watch, enabled=False)
    office.tick(2)
    (line,) = office.show.many([office.current(watch)])
    assert line.watch.enabled is False
    assert office.show.many([]) == []
