"""The customs office for appointments that arrive, and for what attendees answer."""

from datetime import datetime
from typing import Any

from exchangelib.util import TNS

from shared.domain.appointment import AppointmentRef, AttendeeAnswer, FoundAppointment, Response
from shared.domain.instants import parse_instant
from shared.exchange.ews import incoming
from shared.exchange.ews.properties import CHANGE, MARKER

STATE_FIELDS = ("calendar:UID", "calendar:IsCancelled")
STATE_PROPERTIES = (MARKER, CHANGE)
ANSWER_FIELDS = ("item:ItemClass", "calendar:UID", "calendar:RecurrenceId")
PROPOSAL_FIELDS = ("meeting:ProposedStart", "meeting:ProposedEnd")
"""Exchange 2013 and newer."""
_RESPONSES = {"pos": Response.ACCEPTED, "tent": Response.TENTATIVE, "neg": Response.DECLINED}


def ref(item: Any) -> AppointmentRef:
    found = incoming.draft_ref(item)
    return AppointmentRef(found.item_id, found.change_key)


def found(item: Any, *, is_deleted: bool) -> FoundAppointment:
    return FoundAppointment(
        ref=ref(item),
        uid=_text(item, "UID"),
        is_cancelled=_text(item, "IsCancelled") in {"true", "1"},
        is_deleted=is_deleted,
        last_change=incoming.named_property(item, CHANGE),
    )


def answer(item: Any) -> AttendeeAnswer | None:
    """None for a mail that is no answer, or that does not say to what."""
    response = _RESPONSES.get(_text(item, "ItemClass").lower().rpartition(".")[2])
    uid = _text(item, "UID")
    if response is None or not uid:
        return None
    return AttendeeAnswer(
        key=uid,
        response=response,
        proposed_start=_instant(item, "ProposedStart"),
        proposed_end=_instant(item, "ProposedEnd"),
        occurrence=_instant(item, "RecurrenceId"),
    )


def original_start(item: Any) -> datetime | None:
    return _instant(item, "OriginalStart") or _instant(item, "Start")


def _text(item: Any, name: str) -> str:
    return (item.findtext(f"{{{TNS}}}{name}") or "").strip()


def _instant(item: Any, name: str) -> datetime | None:
    try:
        return parse_instant(_text(item, name))
    except ValueError:
        return None
