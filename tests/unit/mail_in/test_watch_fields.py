"""What the fields of a watch do, one by one, and what happens when they are changed."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.connection import Discovered
from shared.domain.ledger import Verdict
from shared.domain.mail import AttachmentKind, ReceivedAttachment
from shared.domain.mail_work import Check
from shared.domain.watched_folder import folder_key
from shared.ports.queues import Queue
from tests.unit.mail_in.office import CALLER, Office

PDF = ("order.pdf", "application/pdf", b"%PDF")
LOGO = ReceivedAttachment("logo", AttachmentKind.FILE, "logo.png", "image/png", 1, is_inline=True, content_id="logo")


@pytest.fixture
def office() -> Office:
    return Office()


def _data(office: Office) -> dict[str, Any]:
    (event,) = office.outbox.starts
    return event.data or {}


def _arrives(office: Office, subject: str = "Order", **facts: Any) -> None:
    office.anna.deliver(subject, **facts)
    office.tick()


@pytest.mark.parametrize(
    ("attachments", "names"), [("none", []), ("files", ["order.pdf"]), ("all", ["order.pdf", "logo.png"])]
)
def test_attachments_say_which_are_kept(office: Office, attachments: str, names: list[str]) -> None:
    office.watch(attachments=attachments)
    office.tick()
    _arrives(office, files=[PDF], attached=[(LOGO, b"1")])
    assert [one["name"] for one in _data(office)["attachments"]] == names


def test_the_original_is_kept_only_where_it_is_asked_for(office: Office) -> None:
    wants = office.watch(original=True)
    other = office.watch(displayName="without")
    office.tick()
    _arrives(office)
    data = {(event.data or {})["watchId"]: event.data or {} for event in office.outbox.starts}
    assert b"Order" in office.blobs.get(data[wants.id]["original"]["blob"])
    assert "original" not in data[other.id]


def test_delete_means_deleted_items(office: Office) -> None:
    office.watch(afterwards={"delete": True})
    office.tick()
    _arrives(office)
    assert [item.head.subject for item in office.anna.within("Deleted Items")] == ["Order"]


def test_a_mail_is_not_deleted_where_one_of_its_watches_failed(office: Office) -> None:
    office.watch(afterwards={"delete": True})
    failing = office.watch(original=True, displayName="failing")
    office.tick()
    office.exchange.fail_on("original", RuntimeError("a surprise"), times=3)
    office.anna.deliver("Order")
    office.tick(5)
    assert office.totals(failing).quarantined == 1
    assert [item.head.subject for item in office.anna.within("Inbox")] == ["Order"]


@pytest.mark.parametrize(("every", "checks"), [(None, 60), ("PT5M", 12), ("PT30M", 2)])
def test_every_is_the_pace_and_the_hastiest_watch_of_a_folder_decides(
    office: Office, every: str | None, checks: int
) -> None:
    office.watch(every="P1D")
    office.watch(every=every, displayName="second")
    office.tick(2)
    office.exchange.calls.clear()
    office.tick(60)
    assert abs(office.exchange.calls["changes"] - checks) <= 1


def test_a_watch_that_gets_another_folder_starts_from_that_moment(office: Office) -> None:
    office.anna.create_folder("Inbox/Orders")
    watch = office.watch()
    office.tick()
    office.anna.deliver("Before", folder="Inbox/Orders")
    office.tick()
    office.patch(watch, folder="Inbox/Orders")
    office.tick()
    for folder in ("Inbox", "Inbox/Orders"):
        office.anna.deliver(f"After, {folder}", folder=folder)
    office.tick(2)
    assert office.started() == ["After, Inbox/Orders"]


def test_other_changes_lose_nothing_and_start_nothing_again(office: Office) -> None:
    watch = office.watch()
    office.tick()
    _arrives(office, "First")
    office.anna.deliver("Second")
    office.patch(watch, displayName="Other name", processId="other", filter={"subjectContains": ["second"]})
    office.tick(2)
    assert [(event.data or {})["processId"] for event in office.outbox.starts] == ["order-received", "other"]
    assert office.totals(watch).seen == 2


def test_a_watch_may_begin_in_the_future(office: Office) -> None:
    office.watch(startFrom=(office.clock.now() + timedelta(hours=1)).isoformat())
    office.tick(2)
    _arrives(office, "Too early")
    office.clock.advance(timedelta(hours=1))
    office.tick()
    _arrives(office, "In time")
    assert office.started() == ["In time"]


def test_the_events_of_a_watch_say_what_happened_and_to_which(office: Office) -> None:
    office.anna.create_folder("Inbox/Orders")
    watch = office.watch(folder="Inbox/Orders")
    office.tick(2)
    office.anna.remove_folder("Inbox/Orders")
    office.tick(2)
    (event,) = office.outbox.events
    assert event.source == f"/organizations/contoso/watches/{watch.id}"
    data = event.data or {}
    assert data["watchId"] == watch.id
    assert data["connectionId"] == office.connection_id
    assert data["code"] == "folder_not_found"
    assert "Inbox/Orders" in data["message"]


def test_a_folder_that_somebody_checks_is_left_to_him(office: Office) -> None:
    """The lease of a check under way; one that died gives the folder free when its time is up."""
    office.watch()
    office.tick()
    stored = office.folder_rows.get("contoso", folder_key(office.connection_id, "Inbox"))
    assert stored
    office.folders.save(stored, claimed_until=office.clock.now() + timedelta(minutes=5))
    office.exchange.calls.clear()
    office.anna.deliver("Order")
    office.check(Check(organization="contoso", folder=stored.key, asked_at=office.clock.now()))
    assert not office.exchange.calls
    office.clock.advance(timedelta(minutes=5))
    office.tick()
    assert office.started() == ["Order"]


def test_a_replay_of_one_start_for_each_attachment_has_ids_of_its_own(office: Office) -> None:
    watch = office.watch(perAttachment=True, filter={"subjectContains": ["order"]})
    office.tick()
    _arrives(office, "Lunch", files=[PDF, ("menu.pdf", "application/pdf", b"1")])
    (entry,) = office.entries(watch)
    office.journal.replay(CALLER, "contoso", watch.id, entry.key)
    office.tick()
    assert [event.id for event in office.outbox.starts] == [f"{entry.key}-1~2", f"{entry.key}-2~2"]


def test_a_watch_that_is_deleted_forgets_everything_and_its_folder_is_checked_no_more(office: Office) -> None:
    watch = office.watch()
    office.tick()
    _arrives(office)
    stored = office.watches.get("contoso", watch.id)
    assert stored
    office.manage.remove(stored)
    office.clock.advance(timedelta(minutes=11))
    office.tick(2)
    assert office.ledger.entries(watch.id) == []
    assert not list(office.folder_rows.everywhere())
    office.exchange.calls.clear()
    office.anna.deliver("Nobody waits")
    office.tick(2)
    assert not office.exchange.calls


def test_the_journal_finds_by_subject_sender_message_id_and_verdict(office: Office) -> None:
    watch = office.watch(filter={"subjectContains": ["order"]})
    office.tick()
    office.anna.deliver("Order 1", "kim@fabrikam.example", internet_message_id="<one@fabrikam.example>")
    office.anna.deliver("Lunch", "lee@adatum.example", internet_message_id="<two@adatum.example>")
    office.tick()

    def found(text: str = "", verdict: Verdict | None = None) -> list[str]:
        page = office.journal.read(CALLER, "contoso", watch.id, verdict=verdict, text=text, limit=50, continuation=None)
        return sorted(entry.subject for entry in page.entries)

    assert found("ORDER") == ["Order 1"]
    assert found("LEE@adatum") == ["Lunch"]
    assert found("<one@") == ["Order 1"]
    assert found(verdict=Verdict.FILTERED) == ["Lunch"]
    assert found("order", Verdict.FILTERED) == []


def test_large_mails_are_read_in_small_company(office: Office) -> None:
    office.watch()
    office.tick(2)
    for n in range(6):
        office.anna.deliver(f"Large {n}", body="x" * 12 * 1024 * 1024)
    office.find_due()
    for message in office.queues.take(Queue.CHECKS):
        office._run(Queue.CHECKS, message)
    assert [len(message["lines"]) for message in office.queues.take(Queue.DELIVERIES)] == [2, 2, 2]


def test_a_connection_that_gets_another_mailbox_starts_from_that_moment(office: Office) -> None:
    office.watch(startFrom=(office.clock.now() - timedelta(days=30)).isoformat())
    office.tick()
    _arrives(office, "To Anna")
    office.kim.deliver("Kim's old mail")
    office.clock.advance(60)
    stored = office.connections.get("contoso", office.connection_id)
    assert stored
    hers = {"username": office.kim.address, "secret_name": office.keep_secret("Red-17"), "discovered": Discovered()}
    office.connections.replace(stored, stored.value.model_copy(update=hers))
    office.tick()
    office.kim.deliver("To Kim")
    office.tick(2)
    assert office.started() == ["To Anna", "To Kim"]


def test_a_mailbox_that_may_no_longer_be_opened_suspends_its_watches_until_it_may(office: Office) -> None:
    shared = office.exchange.add("orders@contoso.example", None)
    shared.full_access.add(office.anna.address)
    stored = office.connections.get("contoso", office.connection_id)
    assert stored
    office.connections.replace(stored, stored.value.model_copy(update={"mailbox": shared.address}))
    watch = office.watch()
    office.tick()
    shared.full_access.clear()
    office.tick()
    status = office.show(office.current(watch)).status
    assert status.reason
    assert (status.state, status.reason.code) == ("suspended", "permission_missing")
    shared.full_access.add(office.anna.address)
    shared.deliver("Order")
    office.tick(5)
    assert office.started() == ["Order"]
    assert office.show(office.current(watch)).status.state == "active"
    assert [event.type for event in office.outbox.events] == ["exchange.watch.suspended", "exchange.watch.restored"]
