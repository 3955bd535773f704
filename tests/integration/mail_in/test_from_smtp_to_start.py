"""From SMTP to the start of a process, through the EWS door and real storage."""

from collections import Counter
from email.message import EmailMessage
from typing import Any

import pytest

from tests.integration.mail_in.office import MAILS, Office

TROUBLEMAKERS = sorted(
    path.stem for path in MAILS.glob("*.eml") if not path.stem.startswith(("bounce", "out-of", "auto-", "precedence"))
)


def _data(start: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = start["data"]
    return data


def test_a_mail_by_smtp_starts_its_process_and_is_marked_and_moved(office: Office) -> None:
    office.exchange.store.mailbox(office.address).create_folder(
        office.exchange.store.mailbox(office.address).folder_at("Inbox"), "Done"
    )
    watch = office.watch(
        afterwards={"markAsRead": True, "moveTo": "Inbox/Done"}, filter={"from": ["*@fabrikam.example"]}
    )
    office.tick()
    office.send_plain("Order 4711", "Please send 3 chairs.")
    office.until(lambda: office.connector.ledger.totals(watch.id).started == 1)
    (start,) = office.starts()
    mail = _data(start)["mail"]
    assert (mail["subject"], mail["from"]["address"]) == ("Order 4711", "kim@fabrikam.example")
    assert "3 chairs" in mail["body"]["content"]
    assert [to["address"] for to in mail["to"]] == [office.address]
    assert office.subjects("Inbox/Done") == ["Order 4711"]


def test_nothing_new_costs_one_request_and_k_new_mails_one_more_for_each_hundred(office: Office) -> None:
    watch = office.watch(afterwards={"markAsRead": True})
    office.tick()
    office.tick()
    office.exchange.seen.clear()
    office.tick()
    assert _requests(office) == {"SyncFolderItems": 1}
    for n in range(30):
        office.send_plain(f"Order {n}")
    office.exchange.seen.clear()
    office.until(lambda: office.connector.ledger.totals(watch.id).started == 30)
    seen = _requests(office)
    assert seen["GetItem"] == 1
    assert seen["UpdateItem"] == 1
    assert len({start["id"] for start in office.starts()}) == 30


def _requests(office: Office) -> Counter[str]:
    seen: Counter[str] = Counter()
    for request in office.exchange.seen.as_json()["requests"]:
        if request["account"] == office.address.casefold():
            seen[request["operation"]] += request["count"]
    return seen


@pytest.mark.parametrize("name", TROUBLEMAKERS)
def test_a_troublesome_mail_starts_its_process_like_any_other(office: Office, name: str) -> None:
    watch = office.watch(attachments="all", original=True)
    office.tick()
    office.send_file(name)
    office.until(lambda: office.connector.ledger.totals(watch.id).pending == 0 and bool(office.entries(watch)))
    (entry,) = office.entries(watch)
    assert entry.verdict == "started", entry.because
    (start,) = office.starts()
    for attachment in _data(start)["attachments"]:
        assert "/" not in attachment["name"]
        assert "\\" not in attachment["name"]
        assert attachment["name"].isprintable()
        size = office.connector.blobs.size(attachment["blob"])
        assert size == attachment["size"]
    assert office.connector.blobs.size(_data(start)["original"]["blob"])


def test_all_troublemakers_at_once_stop_nobody(office: Office) -> None:
    watch = office.watch(attachments="all", original=True)
    office.tick()
    for name in TROUBLEMAKERS:
        office.send_file(name)
    office.send_plain("The last one")
    office.until(lambda: office.connector.ledger.totals(watch.id).started == len(TROUBLEMAKERS) + 1)
    totals = office.connector.ledger.totals(watch.id)
    assert totals.seen == totals.started
    assert totals.quarantined == 0


def test_a_mail_inside_a_mail_is_an_eml(office: Office) -> None:
    office.watch()
    office.tick()
    office.send_file("nested-eml")
    starts: list[dict[str, Any]] = []
    office.until(lambda: bool(starts.extend(office.starts()) or starts))
    (attachment,) = _data(starts[0])["attachments"]
    assert attachment["name"].endswith(".eml")
    assert attachment["contentType"] == "message/rfc822"
    assert b"the innermost" in office.connector.blobs.get(attachment["blob"])


def test_pictures_that_the_body_shows_are_no_files(office: Office) -> None:
    office.watch()
    office.tick()
    office.send_file("inline-image-and-file")
    starts: list[dict[str, Any]] = []
    office.until(lambda: bool(starts.extend(office.starts()) or starts))
    assert [one["name"] for one in _data(starts[0])["attachments"]] == ["order.pdf"]


def test_ten_thousand_recipients_and_a_large_body_still_fit(office: Office) -> None:
    watch = office.watch()
    office.tick()
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = "kim@fabrikam.example", "To all", "<all@fabrikam.example>"
    mail["To"] = ", ".join(f"p{n}@fabrikam.example" for n in range(10_000))
    mail.set_content("x" * 70 + "\n" + ("y" * 70 + "\n") * 10_000)
    office.send(mail)
    office.until(lambda: office.connector.ledger.totals(watch.id).started == 1)
    (start,) = office.starts()
    data = _data(start)
    assert len(data["mail"]["to"]) == 10_000
    assert (office.connector.blobs.size(data["mail"]["bodyBlob"]) or 0) > 700_000


def test_a_file_over_the_limit_is_named_with_its_size(office: Office) -> None:
    office.watch()
    office.tick()
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "kim@fabrikam.example", office.address, "Large"
    mail.set_content("See the file.")
    mail.add_attachment(b"0" * 6_000_000, maintype="application", subtype="zip", filename="large.zip")
    mail.add_attachment(b"1" * 10, maintype="application", subtype="zip", filename="small.zip")
    office.send(mail)
    starts: list[dict[str, Any]] = []
    office.until(lambda: bool(starts.extend(office.starts()) or starts))
    large, small = _data(starts[0])["attachments"]
    assert (large["name"], large["tooLarge"], "blob" in large) == ("large.zip", True, False)
    assert (small["name"], small["size"], "blob" in small) == ("small.zip", 10, True)


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("out-of-office", "special"),
        ("auto-response-suppress-all", "special"),
        ("auto-response-suppress-none", "started"),
        ("precedence-bulk", "special"),
        ("bounce-exchange", "special"),
    ],
)
def test_only_what_people_write_starts_processes(office: Office, name: str, verdict: str) -> None:
    watch = office.watch()
    office.tick()
    office.send_file(name)
    office.until(lambda: any(entry.verdict == verdict for entry in office.entries(watch)))
    assert office.connector.ledger.totals(watch.id).seen == 1
