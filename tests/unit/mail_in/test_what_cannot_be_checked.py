"""Servers that are away, folders that vanish, watches and connections that rest: nothing is lost, and all is caught up."""

from datetime import timedelta

import pytest

from shared.domain.account import ACCOUNT, AccountRow, account_key
from shared.domain.mail_work import Check
from shared.errors import NotNow, Rejected
from shared.ports.queues import Queue
from tests.unit.mail_in.office import CALLER, Office

ANNA_AGAIN = "anna@contoso.example"


@pytest.fixture
def office() -> Office:
    return Office()


def test_while_another_request_proves_the_account_a_check_stands_in_line(office: Office) -> None:
    office.watch()
    connection = office.connections.get("contoso", office.connection_id)
    assert connection
    proving = AccountRow(proving_until=office.clock.now() + timedelta(seconds=60))
    office.accounts.create(account_key(connection.value), ACCOUNT, proving)
    office.find_due()
    (message,) = office.queues.take(Queue.CHECKS)
    office.check(Check.model_validate(message))
    (row,) = [stored.value for stored in office.folder_rows.everywhere()]
    assert (row.failures, office.exchange.accepted.total()) == (0, 0)
    assert office.queues.take(Queue.CHECKS) == []  # not yet
    office.clock.advance(timedelta(seconds=4))
    assert office.queues.take(Queue.CHECKS) == [message]


def test_a_server_that_is_away_is_asked_less_and_less_and_nothing_is_lost(office: Office) -> None:
    watch = office.watch()
    office.tick()
    office.exchange.fail_next(NotNow("unreachable", "No answer."), times=10_000)
    office.anna.deliver("Order")
    office.exchange.calls.clear()
    office.tick(60)
    assert office.exchange.calls["changes"] < 15
    office.exchange.mend()
    office.tick(20)
    assert office.totals(watch).started == 1


def test_while_the_feature_is_off_nothing_is_asked_and_afterwards_all_is_caught_up(office: Office) -> None:
    watch = office.watch()
    office.tick()
    office.switch(on=False)
    office.exchange.calls.clear()
    office.anna.deliver("Order")
    office.tick(3)
    assert office.exchange.calls["changes"] == 0
    office.switch(on=True)
    office.tick()
    assert office.totals(watch).started == 1


def test_a_disabled_watch_starts_from_the_moment_it_is_enabled_again(office: Office) -> None:
    watch = office.watch()
    office.tick()
    office.patch(watch, enabled=False)
    office.anna.deliver("Unwanted")
    office.tick(2)
    office.patch(watch, enabled=True)
    office.tick()
    office.anna.deliver("Wanted")
    office.tick()
    assert office.started() == ["Wanted"]


def test_a_vanished_folder_suspends_its_watch_until_it_is_back(office: Office) -> None:
    office.anna.create_folder("Inbox/Orders")
    watch = office.watch(folder="Inbox/Orders")
    office.tick(2)
    office.anna.remove_folder("Inbox/Orders")
    office.tick(2)
    assert office.show(office.current(watch)).status.reason.code == "folder_not_found"  # type: ignore[union-attr]
    assert [event.type for event in office.outbox.events] == ["exchange.watch.suspended"]
    office.anna.create_folder("Inbox/Orders")
    office.clock.advance(3)
    office.anna.deliver("Order", folder="Inbox/Orders")
    office.tick(10)
    assert [event.type for event in office.outbox.events][1:] == ["exchange.watch.restored"]
    assert office.started() == ["Order"]


def test_a_renamed_folder_is_still_the_same_folder(office: Office) -> None:
    office.anna.create_folder("Inbox/Orders")
    office.watch(folder="Inbox/Orders")
    office.tick()
    office.anna.rename_folder("Inbox/Orders", "Inbox/Orders 2026")
    office.anna.deliver("Order", folder="Inbox/Orders 2026")
    office.tick()
    assert office.started() == ["Order"]


def test_a_person_who_may_no_longer_use_the_connection_suspends_the_watch_and_nothing_is_lost(office: Office) -> None:
    watch = office.watch()
    office.tick()
    self_made = office.connections.get("contoso", office.connection_id)
    assert self_made
    barred = {"authorized_persons": ("bob@contoso.example",), "created_by": "bob@contoso.example"}
    stored = office.connections.replace(self_made, self_made.value.model_copy(update=barred))
    office.anna.deliver("Order")
    office.tick(2)
    assert office.started() == []
    assert office.totals(watch).pending == 1
    office.connections.replace(stored, stored.value.model_copy(update={"authorized_persons": (ANNA_AGAIN,)}))
    office.anna.deliver("Another")
    office.tick(3)
    assert office.started() == ["Another", "Order"]
    assert [event.type for event in office.outbox.events] == ["exchange.watch.suspended", "exchange.watch.restored"]


def test_refused_connections_wait_until_they_are_mended_and_catch_up(office: Office) -> None:
    watch = office.watch()
    office.tick()
    office.anna.password = "changed"
    office.anna.deliver("Order")
    office.tick(30)
    assert office.started() == []
    office.set_password("changed")
    office.tick(40)
    assert office.totals(watch).started == 1


def test_a_folder_that_is_not_there_is_refused_in_the_preview(office: Office) -> None:
    with pytest.raises(Rejected) as refused:
        office.preview(
            CALLER,
            "contoso",
            {"connectionId": office.connection_id, "displayName": "x", "processId": "p", "folder": "Nowhere"},
        )
    assert refused.value.code == "folder_not_found"
