"""Replies by Graph: one request for a draft that belongs to the conversation, stamped at once.

A comment is text in one line: Graph runs lines together and shows no HTML there (seen by many, documented nowhere).
Words that need more are put above the quotation by a second request.
"""

import html
import re

from shared.domain.mail import Body, DraftRef, OutgoingMail
from shared.domain.reply import Answering, ReplyMode
from shared.errors import Rejected
from shared.exchange.graph import outgoing
from shared.exchange.graph.add_attachment import attach
from shared.exchange.graph.create_reply import create_reply
from shared.exchange.graph.list_messages import everywhere, with_message_id
from shared.exchange.graph.update_message import update_message
from shared.exchange.graph.wire import Json, Wire
from shared.network.session import VettedSession

_BODY_BEGINS = re.compile(r"<body[^>]*>", re.IGNORECASE)
_LISTS = {"toRecipients": "to", "ccRecipients": "cc", "bccRecipients": "bcc"}


def draft_reply(wire: Wire, uploads: VettedSession, mail: OutgoingMail) -> DraftRef:
    """Raises Rejected ``item_not_found``."""
    if mail.answering is None:
        raise ValueError("the mail answers nothing")
    original, mode = _original(wire, mail.answering), mail.answering.mode
    comment = mail.body.content if _is_one_line(mail.body) else ""
    draft = wire.do(create_reply(original, mode, _message(mail, mode), comment))
    for file in mail.attachments:
        attach(wire, uploads, draft["id"], file)
    if changes := _missing(mail, mode, draft):
        wire.do(update_message(draft["id"], changes))
    return DraftRef(draft["id"])


def _original(wire: Wire, answering: Answering) -> str:
    found = next(everywhere(wire, with_message_id(answering.internet_message_id)), None)
    if found is None:
        words = "The mail that is to be answered is not in the mailbox."
        raise Rejected("item_not_found", words, field="parameters.inReplyTo.internetMessageId")
    return str(found["id"])


def _message(mail: OutgoingMail, mode: ReplyMode) -> Json:
    """What the draft shall have in place of what it gets from the original."""
    made = outgoing.stamped(outgoing.message(mail), mail.stamp)
    left_out = {"body"} | (set() if mail.subject else {"subject"})
    left_out |= set() if mode is ReplyMode.FORWARD else set(_LISTS)
    return {name: value for name, value in made.items() if name not in left_out}


def _missing(mail: OutgoingMail, mode: ReplyMode, draft: Json) -> Json:
    changes: Json = {}
    if mail.body.content and not _is_one_line(mail.body):
        changes["body"] = _above(mail.body, draft.get("body") or {})
    if mode is not ReplyMode.FORWARD:
        added = {name: getattr(mail, ours) for name, ours in _LISTS.items()}
        more = {name: [outgoing.recipient(one) for one in addresses] for name, addresses in added.items() if addresses}
        changes |= {name: [*(draft.get(name) or ()), *addresses] for name, addresses in more.items()}
    if draft.get("internetMessageId") != mail.stamp.internet_message_id:  # not every server may take it with the reply
        changes |= outgoing.stamped({}, mail.stamp)
    return changes


def _is_one_line(body: Body) -> bool:
    return body.content_type == "text" and "\n" not in body.content.strip()


def _above(words: Body, quotation: Json) -> Json:
    """Our words, and below them what Exchange quotes."""
    quoted = str(quotation.get("content") or "")
    if words.content_type == "text" and str(quotation.get("contentType")).lower() != "html":
        return {"contentType": "text", "content": f"{words.content}\n\n{quoted}"}
    ours = words.content if words.content_type == "html" else html.escape(words.content).replace("\n", "<br>\n")
    begins = _BODY_BEGINS.search(quoted)
    at = begins.end() if begins else 0
    return {"contentType": "html", "content": f"{quoted[:at]}<div>{ours}</div><br>{quoted[at:]}"}
