"""Mails about meetings: invitations and updates, cancellations, answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from local.exchange.store.item import Address, Attendee, Body, CalendarItem, MeetingMessage, Response

REQUEST, CANCELLATION = "IPM.Schedule.Meeting.Request", "IPM.Schedule.Meeting.Canceled"
RESPONSE = "IPM.Schedule.Meeting.Resp"
_ANSWERS: dict[Response, tuple[str, str]] = {
    "Accept": ("Pos", "Accepted"),
    "Tentative": ("Tent", "Tentative"),
    "Decline": ("Neg", "Declined"),
}


class Answer(NamedTuple):
    """What an attendee says: Accept, Tentative or Decline, in his own words, and perhaps when he would come instead."""

    response: Response
    body: Body = Body("Text", "")
    proposed_start: datetime | None = None
    proposed_end: datetime | None = None


def invitation(item: CalendarItem, to: Iterable[Attendee]) -> MeetingMessage:
    mail = _addressed(item, to)
    mail.item_class, mail.subject, mail.body = REQUEST, item.subject, item.body
    mail.attachments = tuple(replace(attachment, number=0) for attachment in item.attachments)
    return mail


def cancellation(item: CalendarItem, to: Iterable[Attendee], comment: Body) -> MeetingMessage:
    mail = _addressed(item, to)
    mail.item_class, mail.subject, mail.body = CANCELLATION, f"Canceled: {item.subject}", comment
    return mail


def answer(item: CalendarItem, said: Answer, organizer: Address) -> MeetingMessage:
    kind, word = _ANSWERS[said.response]
    return MeetingMessage(
        meeting=snapshot(item),
        item_class=f"{RESPONSE}.{kind}",
        subject=f"{'New Time Proposed' if said.proposed_start else word}: {item.subject}",
        body=said.body,
        to=(organizer,),
        conversation_id=item.conversation_id,
        response=said.response,
        proposed_start=said.proposed_start,
        proposed_end=said.proposed_end,
    )


def snapshot(item: CalendarItem) -> CalendarItem:
    """What travels: nothing that belongs to one mailbox."""
    return replace(
        item, mailbox=None, folder=None, occurrence_of=None, exceptions={}, extended={}, attachments=(), categories=(),
        transaction_id=None,
    )  # fmt: skip


def _addressed(item: CalendarItem, to: Iterable[Attendee]) -> MeetingMessage:
    kinds: dict[str, list[Address]] = {"Required": [], "Optional": [], "Resource": []}
    for attendee in to:
        kinds[attendee.kind].append(attendee.address)
    return MeetingMessage(
        meeting=snapshot(item),
        to=tuple(kinds["Required"]),
        cc=tuple(kinds["Optional"]),
        bcc=tuple(kinds["Resource"]),
        conversation_id=item.conversation_id,
        importance=item.importance,
        sensitivity=item.sensitivity,
    )
