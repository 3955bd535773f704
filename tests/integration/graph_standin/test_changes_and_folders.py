"""Delta links that tell what is new, folders, and attachments in pieces."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.exchange.server import Exchange
from local.exchange.store import Item, Mailbox
from tests.integration.graph_standin.graph_session import GraphSession, code_of

Sign = Callable[..., GraphSession]
MB = 1024 * 1024


@pytest.fixture
def emma(session: Sign) -> GraphSession:
    return session("emma@contoso.example")


@pytest.fixture
def mailbox(exchange: Exchange) -> Iterator[Mailbox]:
    found = exchange.store.mailbox("emma@contoso.example")
    yield found
    for item in list(found.numbers.values()):
        found.delete(item)


def round_of(emma: GraphSession, path: str, **options: Any) -> tuple[list[dict[str, Any]], str, int]:
    """Everything up to the delta link, the link, and how many pages there were."""
    found, pages = [], 0
    while True:
        answer = emma.ask("GET", path, headers={"Prefer": 'IdType="ImmutableId", odata.maxpagesize=2'}, **options)
        page, options, pages = answer.json(), {}, pages + 1
        found += page["value"]
        if "@odata.deltaLink" in page:
            return found, page["@odata.deltaLink"], pages
        path = page["@odata.nextLink"]


def test_the_delta_tells_each_new_mail_once_and_ignores_the_marking(emma: GraphSession, mailbox: Mailbox) -> None:
    for number in range(5):
        mailbox.add(mailbox.named["inbox"], Item(subject=f"old {number}", is_read=False))
    first = {"$select": "subject", "changeType": "created"}
    everything, link, pages = round_of(emma, "/me/mailFolders/inbox/messages/delta", params=first)
    assert (len(everything), pages) == (5, 3)
    mailbox.add(mailbox.named["inbox"], Item(subject="new"))
    archived = mailbox.add(mailbox.named["archive"], Item(subject="moved in"))
    mailbox.move(archived, mailbox.named["inbox"])
    mailbox.change(mailbox.item_by_key(next(iter(mailbox.keys))), is_read=True)
    news, link, _ = round_of(emma, link)
    assert [(one["subject"], "body" in one) for one in news] == [("new", False), ("moved in", False)]
    assert round_of(emma, link)[0] == []


def test_without_a_change_type_a_removed_mail_is_told(emma: GraphSession, mailbox: Mailbox) -> None:
    item = mailbox.add(mailbox.named["inbox"], Item(subject="short-lived"))
    everything, link, _ = round_of(emma, "/me/mailFolders/inbox/messages/delta")
    mailbox.delete(item)
    removed, _, _ = round_of(emma, link)
    assert removed == [{"@removed": {"reason": "deleted"}, "id": everything[0]["id"]}]


def test_an_expired_link_is_gone_and_a_forged_one_bad(emma: GraphSession, mailbox: Mailbox) -> None:
    _, link, _ = round_of(emma, "/me/mailFolders/inbox/messages/delta")
    mailbox.named["inbox"].log.expire()
    gone = emma.ask("GET", link)
    assert (gone.status_code, code_of(gone)) == (410, "syncStateNotFound")
    assert emma.ask("GET", "/me/mailFolders/inbox/messages/delta?$deltatoken=nonsense").status_code == 400


def test_folders_are_made_found_by_name_and_refused_twice(emma: GraphSession) -> None:
    made = emma.ask("POST", "/me/mailFolders/inbox/childFolders", json={"displayName": "Invoices"})
    assert made.status_code == 201
    wanted = {"$filter": "displayName eq 'invoices'"}
    found = emma.get("/me/mailFolders/inbox/childFolders", **wanted)["value"]
    assert [one["id"] for one in found] == [made.json()["id"]]
    assert emma.get(f"/me/mailFolders/{made.json()['id']}")["displayName"] == "Invoices"
    again = emma.ask("POST", "/me/mailFolders/inbox/childFolders", json={"displayName": "Invoices"})
    assert (again.status_code, code_of(again)) == (409, "ErrorFolderExists")
    everything = emma.get("/me/mailFolders", **{"$top": 50})["value"]
    assert {"Inbox", "Sent Items"} <= {one["displayName"] for one in everything}
    assert "Calendar" not in {one["displayName"] for one in everything}
    assert emma.ask("GET", "/me/mailFolders/nothing-like-it").status_code == 400


def test_a_small_file_is_attached_read_and_taken_off(emma: GraphSession) -> None:
    made = emma.draft()["id"]
    file = {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": "a.txt",
        "contentType": "text/plain",
        "contentBytes": base64.b64encode(b"hello").decode(),
    }
    added = emma.ask("POST", f"/me/messages/{made}/attachments", json=file)
    assert added.status_code == 201
    path = f"/me/messages/{made}/attachments/{added.json()['id']}"
    assert base64.b64decode(emma.get(path)["contentBytes"]) == b"hello"
    assert emma.ask("GET", f"{path}/$value").content == b"hello"
    assert [one["name"] for one in emma.get(f"/me/messages/{made}", **{"$expand": "attachments"})["attachments"]] == [
        "a.txt"
    ]
    assert emma.ask("DELETE", path).status_code == 204
    assert emma.get(f"/me/messages/{made}/attachments")["value"] == []


def test_a_file_over_three_megabytes_needs_an_upload_session(emma: GraphSession) -> None:
    made = emma.draft()["id"]
    file = {"name": "b.bin", "contentBytes": base64.b64encode(bytes(3 * MB + 1)).decode()}
    refused = emma.ask("POST", f"/me/messages/{made}/attachments", json=file)
    assert (refused.status_code, code_of(refused)) == (413, "ErrorMessageSizeExceeded")


def test_a_large_file_arrives_in_pieces_and_is_resumed_after_a_break(emma: GraphSession, exchange: Exchange) -> None:
    made = emma.draft()["id"]
    content = bytes(range(256)) * (5 * MB // 256)
    wanted = {"AttachmentItem": {"attachmentType": "file", "name": "big.bin", "size": len(content)}}
    opened = emma.ask("POST", f"/me/messages/{made}/attachments/createUploadSession", json=wanted)
    assert (opened.status_code, opened.json()["nextExpectedRanges"]) == (201, ["0-"])
    url, bare = opened.json()["uploadUrl"], {"Authorization": ""}

    def put(first: int, last: int) -> Any:
        ranges = {"Content-Range": f"bytes {first}-{last - 1}/{len(content)}", **bare}
        return emma.ask("PUT", url, data=content[first:last], headers=ranges)

    assert put(0, 3 * MB).json()["nextExpectedRanges"] == [f"{3 * MB}-"]
    assert put(4 * MB, 5 * MB).status_code == 416
    assert emma.ask("GET", url, headers=bare).json()["nextExpectedRanges"] == [f"{3 * MB}-"]
    last = put(3 * MB, 5 * MB)
    assert (last.status_code, last.content) == (201, b"")
    assert exchange.store.item(made).attachments[0].content == content
    assert emma.ask("GET", url, headers=bare).status_code == 404
