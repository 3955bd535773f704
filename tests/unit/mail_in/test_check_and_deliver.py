"""From a mail that arrives to the process that it starts."""

from datetime import timedelta

import pytest

from shared.domain.connection import Api, Discovered
from shared.errors import Conflict
from shared.ports.queues import Queue
from tests.unit.mail_in.office import CALLER, Office


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_mail_starts_its_process_once_and_is_marked_and_moved(office: Office) -> None:
    office.anna.create_folder("Inbox/Done")
    watch = office.watch(afterwards={"markAsRead": True, "moveTo": "Inbox/Done", "addCategory": "Order"})
    office.tick()
    office.anna.deliver("Order 4711", files=[("order.pdf", "application/pdf", b"%PDF")])
    office.tick(3)
    assert office.started() == ["Order 4711"]
    assert len(office.outbox.starts) == 1
    event = office.outbox.starts[0]
    assert event.type == "exchange.email.received"
    assert event.source == f"/organizations/contoso/watches/{watch.id}"
    data = event.data or {}
    assert data["processId"] == "order-received"
    blob = data["attachments"][0]["blob"]
    assert office.blobs.get(blob) == b"%PDF"
    assert (
        data["attachments"][0]["url"]
        == f"https://connector.example/api/organizations/contoso/{blob.replace('incoming/contoso/', 'incoming/')}"
    )
    done = office.anna.within("Inbox/Done")
    assert [(item.head.subject, item.head.is_read, item.head.categories) for item in done] == [
        ("Order 4711", True, ("Order",))
    ]
    assert office.totals(watch).started == 1
    assert office.exchange.calls["touch"] == 1


def test_what_lay_in_the_folder_before_starts_nothing(office: Office) -> None:
    for n in range(3):
        office.anna.deliver(f"Old {n}", received_at=office.clock.now() - timedelta(days=n + 1))
    watch = office.watch()
    office.tick(2)
    assert office.started() == []
    assert office.totals(watch).seen == 0


def test_what_was_received_since_start_from_starts_at_the_first_check(office: Office) -> None:
    now = office.clock.now()
    office.anna.deliver("Too old", received_at=now - timedelta(days=3))
    office.anna.deliver("Wanted", received_at=now - timedelta(days=1))
    office.watch(startFrom=(now - timedelta(days=2)).isoformat())
    office.tick(2)
    assert office.started() == ["Wanted"]


def test_a_late_joiner_gets_its_older_mails_and_others_none_of_them_twice(office: Office) -> None:
    first = office.watch()
    office.tick()
    office.anna.deliver("Yesterday", received_at=office.clock.now())
    office.tick()
    office.clock.advance(timedelta(hours=5))
    late = office.watch(startFrom=(office.clock.now() - timedelta(days=1)).isoformat(), processId="late")
    office.tick()
    office.anna.deliver("Today")
    office.tick(2)
    assert office.totals(first).started == 2
    assert office.totals(late).started == 2
    assert office.totals(first).duplicate == office.totals(late).duplicate == 0


def test_nothing_new_costs_one_request_and_hardly_an_operation(office: Office) -> None:
    office.watch()
    office.tick(2)
    office.exchange.calls.clear()
    stores = (
        office.organizations,
        office.connections,
        office.accounts,
        office.folder_rows,
        office.watches,
        office.ledger,
        office.queues,
    )
    before = [sum(store.calls.values()) for store in stores]
    office.tick()
    assert dict(office.exchange.calls) == {"changes": 1}
    spent = sum(sum(store.calls.values()) for store in stores) - sum(before)
    looked_at_queue = 1
    assert spent - looked_at_queue <= 6


def test_many_new_mails_are_read_touched_and_ordered_by_the_hundred(office: Office) -> None:
    watch = office.watch(afterwards={"markAsRead": True})
    office.tick(2)
    office.exchange.calls.clear()
    for n in range(250):
        office.anna.deliver(f"Order {n}")
    office.tick(2)
    assert office.totals(watch).started == 250
    assert office.exchange.calls["read"] == 3
    assert office.exchange.calls["touch"] == 3
    assert office.exchange.calls["changes"] == 2


def test_the_rule_that_said_no_stands_in_the_journal_and_replay_starts_it_once(office: Office) -> None:
    watch = office.watch(filter={"subjectContains": ["invoice"]})
    office.tick()
    office.anna.deliver("Lunch?")
    office.tick()
    (entry,) = office.entries(watch)
    assert entry.verdict == "filtered"
    assert "subjectContains" in (entry.because or "")
    office.journal.replay(CALLER, "contoso", watch.id, entry.key)
    with pytest.raises(Conflict):
        office.journal.replay(CALLER, "contoso", watch.id, entry.key)
    office.tick(2)
    assert [event.id for event in office.outbox.starts] == [f"{entry.key}~2"]
    with pytest.raises(Conflict, match="started"):
        office.journal.replay(CALLER, "contoso", watch.id, entry.key)
    assert office.totals(watch).model_dump()["started"] == 1


def test_what_only_the_mail_itself_tells_is_decided_when_it_is_read(office: Office) -> None:
    watch = office.watch(filter={"bodyContains": ["urgent"], "attachmentNames": ["*.pdf"]})
    office.tick()
    pdf = ("Order.PDF", "application/pdf", b"1")
    office.anna.deliver("Yes", body="This is URGENT", files=[pdf])
    office.anna.deliver("Calm", body="No hurry", files=[pdf])
    office.anna.deliver("No file", body="urgent", files=[("a.txt", "text/plain", b"1")])
    office.tick()
    assert office.verdicts(watch) == {"Yes": "started", "Calm": "filtered", "No file": "filtered"}


def test_one_start_for_each_attachment(office: Office) -> None:
    watch = office.watch(perAttachment=True, filter={"attachmentNames": ["*.pdf"]})
    office.tick()
    files = [("a.pdf", "application/pdf", b"a"), ("b.txt", "text/plain", b"b"), ("c.pdf", "application/pdf", b"c")]
    office.anna.deliver("Three files", files=files)
    office.tick()
    (entry,) = office.entries(watch)
    assert [event.id for event in office.outbox.starts] == [f"{entry.key}-1", f"{entry.key}-2"]
    names = [[one["name"] for one in (event.data or {})["attachments"]] for event in office.outbox.starts]
    assert names == [["a.pdf"], ["c.pdf"]]


def test_two_mails_with_one_message_id_both_start(office: Office) -> None:
    office.watch()
    office.tick()
    office.anna.deliver("Reminder 1", internet_message_id="<same@template.example>")
    office.anna.deliver("Reminder 2", internet_message_id="<same@template.example>")
    office.tick()
    assert office.started() == ["Reminder 1", "Reminder 2"]


def test_a_mail_that_is_moved_out_and_in_or_copied_is_a_duplicate(office: Office) -> None:
    watch = office.watch()
    office.anna.create_folder("Elsewhere")
    office.tick()
    item = office.anna.deliver("Order")
    office.tick()
    office.anna.place(item, "Elsewhere")
    office.tick()
    office.anna.place(item, "Inbox")
    office.anna.copy(item.id, "Inbox")
    office.tick()
    totals = office.totals(watch)
    assert (totals.seen, totals.started, totals.duplicate) == (3, 1, 2)
    assert office.started() == ["Order"]


def test_an_old_mail_that_is_moved_in_is_new(office: Office) -> None:
    office.anna.create_folder("Elsewhere")
    item = office.anna.deliver(
        "From the archive", folder="Elsewhere", received_at=office.clock.now() - timedelta(days=90)
    )
    office.watch()
    office.tick()
    office.anna.place(item, "Inbox")
    office.tick()
    assert office.started() == ["From the archive"]


def test_a_lost_cursor_starts_nothing_again_and_loses_nothing(office: Office) -> None:
    watch = office.watch()
    office.tick()
    for n in range(3):
        office.anna.deliver(f"Order {n}")
    office.tick()
    office.anna.deliver("While the cursor was lost")
    office.anna.forget_cursors()
    office.tick(2)
    office.anna.deliver("After")
    office.tick()
    assert len(office.outbox.starts) == 5
    totals = office.totals(watch)
    assert (totals.seen, totals.started, totals.duplicate) == (5, 5, 0)


def test_a_switch_to_the_other_door_starts_nothing_again_loses_nothing_and_suspends_nothing(office: Office) -> None:
    watch = office.watch(afterwards={"markAsRead": True})
    office.tick()
    for n in range(3):
        office.anna.deliver(f"Order {n}")
    office.tick(2)
    office.anna.deliver("Between the doors")
    office.anna.seen_through_another_door()
    stored = office.connections.get("contoso", office.connection_id)
    assert stored
    changes = {"api": Api.GRAPH, "discovered": Discovered()}
    office.connections.replace(stored, stored.value.model_copy(update=changes))
    office.tick(2)
    office.anna.deliver("After")
    office.tick(2)
    assert sorted(office.started()) == ["After", "Between the doors", "Order 0", "Order 1", "Order 2"]
    totals = office.totals(watch)
    assert (totals.seen, totals.started, totals.duplicate) == (5, 5, 0)
    assert not [event for event in office.outbox.events if "suspended" in event.type]
    assert all(item.head.is_read for item in office.anna.within("Inbox"))


def test_several_watches_share_one_check_and_the_mail_is_touched_once_after_all(office: Office) -> None:
    for name in ("First", "Second"):
        office.anna.create_folder(name)
    first = office.watch(afterwards={"moveTo": "First"}, displayName="first")
    office.clock.advance(1)
    second = office.watch(afterwards={"moveTo": "Second", "markAsRead": True}, displayName="second")
    office.clock.advance(1)
    third = office.watch(afterwards={"delete": True}, displayName="third")
    office.tick()
    office.exchange.calls.clear()
    office.anna.deliver("Order")
    office.tick()
    assert office.exchange.calls["changes"] == 1
    assert office.exchange.calls["touch"] == 1
    assert [item.head.is_read for item in office.anna.within("First")] == [True]
    assert {office.totals(watch).started for watch in (first, second, third)} == {1}


def test_a_mail_that_was_moved_away_before_its_delivery_is_found(office: Office) -> None:
    office.anna.create_folder("Elsewhere")
    watch = office.watch()
    office.tick()
    item = office.anna.deliver("Order")
    office.find_due()
    for message in office.queues.take(Queue.CHECKS):
        office._run(Queue.CHECKS, message)
    office.anna.place(item, "Elsewhere")
    office.drain()
    assert office.totals(watch).started == 1


def test_a_mail_that_is_gone_is_quarantined_with_the_reason(office: Office) -> None:
    watch = office.watch()
    office.tick()
    item = office.anna.deliver("Order")
    office.find_due()
    for message in office.queues.take(Queue.CHECKS):
        office._run(Queue.CHECKS, message)
    office.anna.remove(item.id)
    office.drain()
    (entry,) = office.entries(watch)
    assert entry.verdict == "quarantined"
    assert (entry.because or "").startswith("item_not_found")


def test_a_bad_mail_is_quarantined_after_three_tries_and_holds_up_no_other(office: Office) -> None:
    office.anna.create_folder("Trouble")
    watch = office.watch(onFailure={"moveTo": "Trouble"})
    office.tick()
    office.exchange.fail_on("attachment", RuntimeError("a bug that nobody foresaw"), times=3)
    office.anna.deliver("Bad", files=[("x.bin", "application/x", b"x")])
    office.anna.deliver("Good")
    office.tick()
    assert office.started() == ["Good"]
    office.tick(5)
    assert office.verdicts(watch) == {"Bad": "quarantined", "Good": "started"}
    assert [item.head.subject for item in office.anna.within("Trouble")] == ["Bad"]
    bad = next(entry for entry in office.entries(watch) if entry.subject == "Bad")
    office.journal.replay(CALLER, "contoso", watch.id, bad.key)
    office.tick()
    assert office.started() == ["Bad", "Good"]


def test_thousands_of_old_mails_at_the_first_check_start_nothing(office: Office) -> None:
    old = office.clock.now() - timedelta(days=400)
    for n in range(5_000):
        office.anna.deliver(f"Old {n}", received_at=old)
    watch = office.watch()
    office.tick(2)
    office.anna.deliver("New")
    office.tick()
    assert office.started() == ["New"]
    assert office.totals(watch).seen == 1


def test_a_preview_says_what_would_happen_and_touches_nothing(office: Office) -> None:
    office.anna.deliver("Order 1")
    office.anna.deliver("Lunch")
    fields = {
        "connectionId": office.connection_id,
        "displayName": "x",
        "processId": "p",
        "filter": {"subjectContains": ["order"]},
    }
    preview = office.preview(CALLER, "contoso", fields)
    assert [(item.subject, item.verdict.value) for item in preview.items] == [
        ("Lunch", "filtered"),
        ("Order 1", "started"),
    ]
    assert not office.exchange.calls["touch"]
    assert office.due.entries == []
