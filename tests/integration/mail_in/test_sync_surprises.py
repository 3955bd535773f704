"""Mailboxes in which things happen, over both doors: nothing is lost, nothing starts twice, and the journal tells why."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.exchange.store import Item
from local.faults import Fault
from tests.integration.mail_in.office import Office


def test_a_lost_cursor_starts_nothing_again_and_loses_nothing(office: Office) -> None:
    """ErrorInvalidSyncStateData by EWS, 410 by Graph."""
    watch = office.watch()
    office.tick()
    for n in range(3):
        office.send_plain(f"Order {n}")
    office.until(lambda: office.totals(watch).started == 3)
    office.send_plain("While the cursor was lost")
    for folder in office.mailbox.folders.values():
        folder.log.expire()
    office.until(lambda: office.totals(watch).started == 4)
    office.send_plain("After")
    office.until(lambda: office.totals(watch).started == 5)
    totals = office.totals(watch)
    assert (totals.seen, totals.duplicate) == (5, 0)
    assert len({start["id"] for start in office.starts()}) == 5


@pytest.mark.parametrize("door", ["graph"], indirect=True)
@pytest.mark.parametrize("code", ["resyncRequired", "syncStateNotFound", "SyncStateInvalid"])
def test_whatever_graph_calls_a_lost_cursor_the_folder_is_begun_anew(office: Office, code: str) -> None:
    watch = office.watch()
    office.tick()
    office.send_plain("Order")
    fault = Fault(door="graph", operation="GET /mailFolders/{id}/messages/delta", status=410, code=code)
    office.exchange.faults.add(fault)
    office.until(lambda: office.totals(watch).started == 1)
    assert office.totals(watch).seen == 1


def test_moved_out_and_in_restored_and_copied_are_duplicates_and_start_nothing(office: Office) -> None:
    watch = office.watch()
    elsewhere = office.mailbox.ensure_folder("Elsewhere")
    inbox, deleted = office.mailbox.named["inbox"], office.mailbox.named["deleteditems"]
    office.tick()
    office.send_plain("Order")
    office.until(lambda: office.totals(watch).started == 1)
    for away in (elsewhere, deleted):
        office.mailbox.move(_item(office, "Order"), away)
        office.tick()
        (item,) = away.items.values()
        office.mailbox.move(item, inbox)
        office.tick()
    office.mailbox.copy(_item(office, "Order"), inbox)
    office.tick()
    totals = office.totals(watch)
    assert (totals.seen, totals.started, totals.duplicate) == (4, 1, 3)
    assert {entry.because for entry in office.entries(watch) if entry.verdict == "duplicate"}
    assert len(office.starts()) == 1


def test_a_mail_that_is_only_read_flagged_or_categorized_is_no_arrival(office: Office) -> None:
    watch = office.watch()
    office.tick()
    office.send_plain("Order")
    office.until(lambda: office.totals(watch).started == 1)
    for change in ({"is_read": True}, {"categories": ("Blue",)}, {"is_read": False}, {"subject": "Order, changed"}):
        office.mailbox.change(next(iter(office.mailbox.named["inbox"].items.values())), **change)
        office.tick()
    assert office.totals(watch).seen == 1


@pytest.mark.parametrize("door", ["ews"], indirect=True)
def test_a_mail_is_the_same_one_over_both_doors(office: Office) -> None:
    """A connection that is switched from EWS to Graph starts nothing again: its lines have the same keys."""
    by_ews = office.watch()
    office.door = "graph"
    by_graph = office.watch(connectionId=office.connect(office.address).id)
    office.tick()
    for subject in ("Plain", "Another"):
        office.send_plain(subject)
    office.send_file("missing-from")
    office.send_file("non-ascii-everything")
    office.until(lambda: office.totals(by_ews).started == office.totals(by_graph).started == 4)
    names = [sorted(entry.mail for entry in office.entries(watch)) for watch in (by_ews, by_graph)]
    assert names[0] == names[1]


@pytest.mark.parametrize("door", ["ews"], indirect=True)
def test_a_connection_that_is_switched_to_graph_loses_nothing_and_starts_nothing_again(office: Office) -> None:
    watch = office.watch()
    office.tick()
    office.send_plain("By EWS")
    office.until(lambda: office.totals(watch).started == 1)
    office.send_plain("In between")
    office.connector.find_due_checks()
    office.run_checks()  # seen by EWS, delivered by Graph
    office.switch_to_graph()
    office.send_plain("By Graph")
    office.until(lambda: office.totals(watch).started == 3)
    totals = office.totals(watch)
    assert (totals.seen, totals.duplicate, totals.quarantined) == (3, 0, 0)
    assert sorted(_subject(start) for start in office.starts()) == ["By EWS", "By Graph", "In between"]


def test_two_mails_with_one_message_id_both_start(office: Office) -> None:
    watch = office.watch()
    office.tick()
    for n in (1, 2):
        office.send_plain(f"Reminder {n}", Message_ID="<same@template.example>")
    office.until(lambda: office.totals(watch).started == 2)
    assert office.totals(watch).duplicate == 0


def test_an_old_mail_that_is_moved_in_is_new(office: Office) -> None:
    archive = office.mailbox.ensure_folder("Archive 2020")
    office.send_plain("From the archive")
    item = _item(office, "From the archive")
    office.mailbox.change(item, received_at=datetime.now(UTC) - timedelta(days=900))
    office.mailbox.move(item, archive)
    watch = office.watch()
    office.tick()
    office.mailbox.move(next(iter(archive.items.values())), office.mailbox.named["inbox"])
    office.until(lambda: office.totals(watch).started == 1)
    assert [_subject(start) for start in office.starts()] == ["From the archive"]


def test_only_what_came_after_start_from_starts_at_the_first_check(office: Office) -> None:
    now = datetime.now(UTC)
    for subject, days in (("Too old", 3), ("Wanted", 1)):
        office.send_plain(subject)
        office.mailbox.change(_item(office, subject), received_at=now - timedelta(days=days))
    watch = office.watch(startFrom=(now - timedelta(days=2)).isoformat())
    office.until(lambda: office.totals(watch).started == 1)
    assert [entry.subject for entry in office.entries(watch)] == ["Wanted"]


def test_many_old_mails_in_several_pages_start_nothing_at_the_first_check(office: Office) -> None:
    inbox, old = office.mailbox.named["inbox"], datetime.now(UTC) - timedelta(days=400)
    for number in range(1100):
        office.mailbox.add(inbox, Item(subject=f"Old {number}", is_draft=False, received_at=old))
    watch = office.watch()
    office.tick()
    assert sum(count for name, count in office.requests().items() if "delta" in name or name == "SyncFolderItems") >= 3
    office.send_plain("New")
    office.until(lambda: office.totals(watch).started == 1)
    assert office.totals(watch).seen == 1


def test_a_mail_moved_away_before_its_delivery_is_found_and_a_deleted_one_is_quarantined(office: Office) -> None:
    elsewhere = office.mailbox.ensure_folder("Elsewhere")
    watch = office.watch()
    office.tick()
    for subject in ("Moved", "Erased"):
        office.send_plain(subject)
    office.connector.find_due_checks()
    office.run_checks()
    office.mailbox.move(_item(office, "Moved"), elsewhere)
    office.mailbox.delete(_item(office, "Erased"))
    office.until(lambda: office.settled(watch))
    verdicts = {entry.subject: (entry.verdict.value, entry.because) for entry in office.entries(watch)}
    assert verdicts["Moved"] == ("started", None)
    assert verdicts["Erased"][0] == "quarantined"
    assert str(verdicts["Erased"][1]).startswith("item_not_found")


def test_a_renamed_folder_is_the_same_one_and_a_vanished_one_suspends_until_it_is_made_again(office: Office) -> None:
    folder = office.mailbox.ensure_folder("Inbox/Orders")
    watch = office.watch(folder="Inbox/Orders")
    office.tick()
    office.mailbox.rename_folder(folder, "Orders 2026")
    office.send_plain("Into the renamed one")
    office.mailbox.move(_item(office, "Into the renamed one"), folder)
    office.until(lambda: office.totals(watch).started == 1)
    office.mailbox.delete_folder(folder)
    office.until(lambda: office.state(watch) == ("suspended", "folder_not_found"))
    again = office.mailbox.ensure_folder("Inbox/Orders")
    office.send_plain("Into the new one")
    office.mailbox.move(_item(office, "Into the new one"), again)
    office.make_due(watch)
    office.until(lambda: office.totals(watch).started == 2)
    assert office.state(watch) == ("active", None)


def _item(office: Office, subject: str) -> Item:
    return next(one for one in office.mailbox.named["inbox"].items.values() if one.subject == subject)


def _subject(start: dict[str, Any]) -> str:
    return str(start["data"]["mail"]["subject"])
