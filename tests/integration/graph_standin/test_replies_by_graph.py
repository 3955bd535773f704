"""createReply, createReplyAll, createForward: one request for a draft that belongs to the conversation, marker and all."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.graph_standin.graph_session import GraphSession, to

MARKER = "String {6a1f0b1e-3a52-4b7c-9a49-0c7a1f4f0001} Name orderMarker"
KIM, BOB, CARLA = "kim@fabrikam.example", "bob@contoso.example", "carla@contoso.example"
Sign = Callable[..., GraphSession]


def asked(anna: GraphSession, session: Sign, subject: str) -> dict[str, Any]:
    with session(KIM) as kim:
        draft = kim.draft(
            subject=subject,
            body={"contentType": "html", "content": "<p>Do you agree?</p>"},
            toRecipients=[to("anna@contoso.example"), to(BOB)],
            ccRecipients=[to(CARLA)],
        )
        kim.ask("POST", f"/me/messages/{draft['id']}/send")
    (found,) = anna.get("/me/mailFolders/inbox/messages", **{"$filter": f"subject eq '{subject}'"})["value"]
    return found  # type: ignore[no-any-return]


def addresses(draft: dict[str, Any], name: str) -> list[str]:
    return [one["emailAddress"]["address"] for one in draft[name]]


@pytest.mark.parametrize(
    ("action", "given", "subject", "recipients", "copies"),
    [
        ("createReply", {}, "RE: createReply", [KIM], []),
        ("createReplyAll", {}, "RE: createReplyAll", [KIM, BOB], [CARLA]),
        ("createForward", {"ToRecipients": [to("david@contoso.example")]}, "FW: createForward", ["david@contoso.example"], []),
    ],
)  # fmt: skip
def test_a_response_is_drafted_with_marker_and_message_id_and_sent(
    anna: GraphSession, session: Sign, action: str, given: dict[str, Any], subject: str, recipients: list[str], copies: list[str]
) -> None:  # fmt: skip
    original = asked(anna, session, action)
    own = {
        "internetMessageId": f"<{action}@contoso.example>",
        "singleValueExtendedProperties": [{"id": MARKER, "value": "order-4711"}],
    }
    made = anna.ask(
        "POST", f"/me/messages/{original['id']}/{action}", json={"comment": "We agree.", "message": own, **given}
    )
    assert made.status_code == 201, made.text
    draft = made.json()
    assert (draft["subject"], addresses(draft, "toRecipients"), addresses(draft, "ccRecipients")) == (
        subject,
        recipients,
        copies,
    )
    assert (draft["isDraft"], draft["conversationId"]) == (True, original["conversationId"])
    assert draft["body"]["content"].index("We agree.") < draft["body"]["content"].index("Do you agree?")
    assert anna.ask("POST", f"/me/messages/{draft['id']}/send").status_code == 202
    with session(recipients[0]) as reader:
        wanted = {
            "$filter": f"internetMessageId eq '<{action}@contoso.example>'",
            "$select": "internetMessageHeaders,conversationId",
        }
        (arrived,) = reader.get("/me/mailFolders/inbox/messages", **wanted)["value"]
    headers = {one["name"]: one["value"] for one in arrived["internetMessageHeaders"]}
    assert (headers["In-Reply-To"], headers["References"]) == (original["internetMessageId"],) * 2


def test_a_comment_and_a_body_contradict_each_other(anna: GraphSession, session: Sign) -> None:
    original = asked(anna, session, "contradiction")
    both = {"comment": "x", "message": {"body": {"contentType": "text", "content": "y"}}}
    assert anna.ask("POST", f"/me/messages/{original['id']}/createReply", json=both).status_code == 400
