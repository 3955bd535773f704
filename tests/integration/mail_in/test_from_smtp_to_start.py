"""From SMTP to the start of a process: both doors, real queues, tables and blobs."""

from typing import Any

import pytest

from local.exchange.store import Rights
from shared.domain.mail_work import Check
from shared.domain.watched_folder import folder_key
from tests.integration.mail_in.office import Office


def test_a_mail_by_smtp_starts_its_process_and_is_marked_and_moved(office: Office) -> None:
    office.mailbox.ensure_folder("Inbox/Done")
    afterwards = {"markAsRead": True, "addCategory": "Order", "moveTo": "Inbox/Done"}
    watch = office.watch(afterwards=afterwards, filter={"from": ["*@fabrikam.example"], "bodyContains": ["3 chairs"]})
    office.tick()
    office.send_plain("Order 4711", "Please send 3 chairs.")
    office.until(lambda: office.totals(watch).started == 1)
    (start,) = office.starts()
    mail = _data(start)["mail"]
    assert (mail["subject"], mail["from"]["address"]) == ("Order 4711", "kim@fabrikam.example")
    assert "3 chairs" in mail["body"]["content"]
    assert [to["address"] for to in mail["to"]] == [office.address]
    assert mail["conversationId"]
    done = office.mailbox.folder_at("Inbox/Done").items.values()
    assert [(item.subject, item.is_read, item.categories) for item in done] == [("Order 4711", True, ("Order",))]


@pytest.mark.parametrize("door", ["ews"], indirect=True)
def test_by_ews_nothing_new_costs_one_request_and_101_mails_two_more(office: Office) -> None:
    office.mailbox.ensure_folder("Done")
    watch = office.watch(afterwards={"markAsRead": True, "moveTo": "Done"})
    office.tick()
    office.tick()
    office.exchange.seen.clear()
    office.tick()
    assert office.requests() == {"SyncFolderItems": 1}
    for n in range(101):
        office.send_plain(f"Order {n}")
    office.exchange.seen.clear()
    office.until(lambda: office.totals(watch).started == 101)
    office.until(lambda: len(office.mailbox.folder_at("Done").items) == 101)
    seen = office.requests()
    assert seen["GetItem"] == seen["UpdateItem"] == seen["MoveItem"] == 2
    assert seen["GetAttachment"] == 0
    assert seen["FindFolder"] <= 2
    assert len({start["id"] for start in office.starts()}) == 101


def test_a_check_with_nothing_new_costs_four_table_operations(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """Folder, connection and account are read, the folder is written; the message's way through its queue is two more."""
    watch = office.watch()
    office.tick()
    office.tick()
    folder = folder_key(watch.settings.connection_id, "Inbox")
    check = Check(organization=office.organization, folder=folder, asked_at=office.connector.clock.now())
    caplog.set_level("DEBUG", logger="urllib3.connectionpool")
    caplog.clear()
    office.connector.check_mailbox(check)
    asked = [str(record.args) for record in caplog.records if "/devstoreaccount1" in str(record.args)]
    blobs = [one for one in asked if "/state/" in one]
    assert len(asked) - len(blobs) == 4, asked
    assert len(blobs) >= 1


@pytest.mark.parametrize("door", ["graph"], indirect=True)
def test_by_graph_nothing_new_costs_one_request_and_mails_are_read_and_touched_in_batches(office: Office) -> None:
    watch = office.watch(afterwards={"markAsRead": True})
    office.tick()
    office.tick()
    office.exchange.seen.clear()
    office.tick()
    assert office.requests() == {"GET /mailFolders/{id}/messages/delta": 1}
    for n in range(30):
        office.send_plain(f"Order {n}")
    office.exchange.seen.clear()
    office.until(lambda: office.totals(watch).started == 30)
    office.until(lambda: all(item.is_read for item in office.mailbox.named["inbox"].items.values()))
    assert office.requests()["POST /$batch"] <= 6
    assert len({start["id"] for start in office.starts()}) == 30


def test_a_shared_mailbox_is_checked_by_whoever_may_open_it(office: Office) -> None:
    shared = next(one for one in office.exchange.store.mailboxes.values() if one.address != office.address)
    shared.rights[office.address.casefold()] = Rights(full_access=True, send_as=False)
    connection = office.connect(office.address, mailbox=shared.address)
    watch = office.watch(connectionId=connection.id)
    office.tick()
    office.send_plain("For the team", to=shared.address)
    office.send_plain("For me")
    office.until(lambda: office.totals(watch).started == 1)
    assert [_data(start)["mail"]["subject"] for start in office.starts()] == ["For the team"]


def test_only_what_people_write_starts_processes(office: Office) -> None:
    watch = office.watch()
    office.tick()
    for name in ("out-of-office", "auto-response-suppress-all", "precedence-bulk", "bounce-exchange"):
        office.send_file(name)
    office.send_file("auto-response-suppress-none")
    office.until(lambda: office.totals(watch).seen == 5 and not office.totals(watch).pending)
    assert {entry.subject: entry.verdict.value for entry in office.entries(watch)} == {
        "out of office": "special",
        "auto response suppress all": "special",
        "precedence bulk": "special",
        "Undeliverable: Your order": "special",
        "auto response suppress none": "started",
    }


def _data(start: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = start["data"]
    return data
