"""What strangers write: every kind of content reaches the process over both doors, and none of it stops the others."""

from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from local.exchange.store import Attachment
from tests.integration.mail_in.office import MAILS, Office, Servers, wired

MACHINES = ("bounce", "out-of", "auto-", "precedence")
"""Files of other tests: what starts nothing."""


@dataclass(frozen=True)
class Reaches:
    """What of a file the process gets: the sender, a phrase of the body, and name, type and content of what is attached."""

    subject: str
    phrase: str
    sender: str | None = "kim@fabrikam.example"
    files: list[tuple[str, str, bytes]] = field(default_factory=list)


PDF = "application/pdf"
TABLE = {
    "broken-date": Reaches("broken date", "The date is no date."),
    "calendar-invitation": Reaches("calendar invitation", "You are invited."),
    "control-characters-in-attachment-name": Reaches(
        "control characters in attachment name", "See the", files=[("in*voice*.pdf", PDF, b"%PDF-1.7")]
    ),
    "headers-without-end": Reaches("headers without end", "Still a mail."),
    "inline-image-and-file": Reaches(
        "inline image and file", "cid:logo", files=[("logo.png", "image/png", b"\x89PNG"), ("order.pdf", PDF, b"%PDF")]
    ),
    "missing-from": Reaches("missing from", "Nobody wrote this.", sender=None),
    "missing-message-id": Reaches("missing message id", "No id at all."),
    "nested-eml": Reaches(
        "nested eml", "Two mails inside.", files=[("the middle one.eml", "message/rfc822", b"the innermost")]
    ),
    "non-ascii-everything": Reaches(
        "Größe \u202e 注文 №4711 🦊",
        "Grüße aus Köln, 你好, Привет 🦊",
        "juergen@fabrikam.example",
        [("Привет \u2013 größe.pdf", PDF, b"%PDF")],
    ),
    "path-in-attachment-name": Reaches(
        "path in attachment name",
        "See the",
        files=[("passwd", "text/plain", b"root"), ("evil.exe", "application/octet-stream", b"MZ")],
    ),
    "raw-utf8-in-headers": Reaches("Größe ohne Kodierung", "Unverschlüsselt.", "juergen@fabrikam.example"),
    "smime-encrypted": Reaches("smime encrypted", "", files=[("smime.p7m", "application/pkcs7-mime", b"0\x80")]),
    "smime-signed": Reaches("smime signed", "Signed, sealed.", files=[("smime.p7m", "multipart/signed", b"Signed")]),
    "truncated-multipart": Reaches("truncated multipart", "The rest got lost", files=[("half.pdf", PDF, b"%PDF-1.")]),
    "unknown-charset": Reaches("unknown charset", "qapla"),
    "winmail-dat": Reaches("winmail dat", "See the", files=[("winmail.dat", "application/ms-tnef", b"x\x9f>")]),
    "zero-byte-attachment": Reaches("zero byte attachment", "See the", files=[("empty.txt", "text/plain", b"")]),
}


def test_every_file_is_in_the_table() -> None:
    names = {path.stem for path in MAILS.glob("*.eml") if not path.stem.startswith(MACHINES)}
    assert names == TABLE.keys()


def test_whatever_arrives_reaches_the_process_as_it_is_and_stops_nobody(office: Office) -> None:
    watch = office.watch(attachments="all", original=True)
    office.tick()
    for name in TABLE:
        office.send_file(name)
    office.send_plain("The last one")
    office.until(lambda: office.totals(watch).seen == len(TABLE) + 1 and not office.totals(watch).pending)
    assert office.totals(watch).started == len(TABLE) + 1
    found = {data["mail"]["subject"]: data for data in map(_data, office.starts())}
    for wanted in TABLE.values():
        _compare(office, wanted, found[wanted.subject])


def _compare(office: Office, wanted: Reaches, data: dict[str, Any]) -> None:
    mail = data["mail"]
    assert wanted.phrase in mail["body"]["content"], wanted
    assert (mail["from"]["address"] if "from" in mail else None) == wanted.sender, wanted
    assert len(data["attachments"]) == len(wanted.files), wanted
    for file, (name, kind, beginning) in zip(data["attachments"], wanted.files, strict=True):
        assert _alike(file["name"], name), wanted
        assert file["contentType"] == kind, wanted
        content = office.connector.blobs.get(file["blob"])
        assert len(content) == file["size"]
        assert content == beginning or (beginning and beginning in content), wanted
        assert file["url"] == f"https://connector.example/api/organizations/{office.organization}/" + file[
            "blob"
        ].replace(f"incoming/{office.organization}/", "incoming/")
    assert office.connector.blobs.size(data["original"]["blob"])


def _alike(name: str, pattern: str) -> bool:
    """A star stands for what a server made of a control character: nothing, or a sign that can be read."""
    first, *parts = pattern.split("*")
    rest = name.removeprefix(first)
    for part in parts:
        rest = rest.removeprefix(part) if rest.startswith(part) else rest[1:].removeprefix(part)
    return name.startswith(first) and not rest and name.isprintable()


def test_pictures_that_the_body_shows_are_no_files(office: Office) -> None:
    watch = office.watch()
    office.tick()
    office.send_file("inline-image-and-file")
    office.until(lambda: office.settled(watch))
    (start,) = office.starts()
    assert [one["name"] for one in _data(start)["attachments"]] == ["order.pdf"]


def test_a_link_is_named_with_its_address_where_the_door_tells_it(office: Office) -> None:
    """Graph's v1.0 has no address in a referenceAttachment: https://learn.microsoft.com/graph/api/resources/referenceattachment."""
    watch = office.watch()
    office.tick()
    office.send_plain("See the plan")
    (item,) = [one for one in office.mailbox.named["inbox"].items.values() if one.subject == "See the plan"]
    office.mailbox.attach(item, [Attachment("Plan", link="https://files.example/plan")])
    office.until(lambda: office.settled(watch))
    (start,) = office.starts()
    (attachment,) = _data(start)["attachments"]
    assert (attachment["name"], "blob" in attachment) == ("Plan", False)
    assert attachment.get("link") == {"ews": "https://files.example/plan", "graph": None}[office.door]


def test_ten_thousand_recipients_and_a_large_body_fit_into_the_queue(office: Office) -> None:
    watch = office.watch()
    office.tick()
    everybody = ",\r\n ".join(f"p{n}@fabrikam.example" for n in range(10_000))
    mail = f"From: kim@fabrikam.example\r\nTo: {everybody}\r\nSubject: To all\r\n\r\n" + ("y" * 70 + "\r\n") * 1_000
    office.send(mail.encode())
    office.until(lambda: office.settled(watch))
    (start,) = office.starts()
    data = _data(start)
    assert len(data["mail"]["to"]) == 10_000
    assert (office.connector.blobs.size(data["mail"]["bodyBlob"]) or 0) > 70_000


def test_a_file_over_the_limit_is_named_with_its_size(office: Office, storage: str, servers: Servers) -> None:
    office.connector = wired(storage, servers, ATTACHMENT_MAX_MB="1", vault=office.connector.vault)
    watch = office.watch()
    office.tick()
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "kim@fabrikam.example", office.address, "Large"
    mail.set_content("See the files.")
    for name, size in (("large.zip", 1_100_000), ("small.zip", 10)):
        mail.add_attachment(b"0" * size, maintype="application", subtype="zip", filename=name)
    office.send(mail)
    office.until(lambda: office.settled(watch))
    (start,) = office.starts()
    large, small = _data(start)["attachments"]
    assert (large["name"], large["tooLarge"], "blob" in large) == ("large.zip", True, False)
    assert large["size"] >= 1_100_000
    assert office.connector.blobs.get(small["blob"]) == b"0" * 10
    office.connector.account.close()


def _data(start: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = start["data"]
    return data
