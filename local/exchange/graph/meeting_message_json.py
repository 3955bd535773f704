"""What an eventMessage has beyond a message: which meeting it is about, and what an attendee answered."""

from __future__ import annotations

from local.exchange.graph import zoned
from local.exchange.graph.ask import Ask, Json
from local.exchange.store import Item, MeetingMessage, series

TYPES = {
    "IPM.Schedule.Meeting.Request": "meetingRequest",
    "IPM.Schedule.Meeting.Canceled": "meetingCancelled",
    "IPM.Schedule.Meeting.Resp.Pos": "meetingAccepted",
    "IPM.Schedule.Meeting.Resp.Tent": "meetingTenativelyAccepted",  # Graph's own spelling
    "IPM.Schedule.Meeting.Resp.Neg": "meetingDeclined",
}
EVENT_TYPES = {
    "Single": "singleInstance",
    "Occurrence": "occurrence",
    "Exception": "exception",
    "RecurringMaster": "seriesMaster",
}
_RESPONSES = {"Accept": "accepted", "Tentative": "tentativelyAccepted", "Decline": "declined"}
_RESOURCES = {"meetingRequest": "eventMessageRequest", "meetingCancelled": "eventMessage"}


def meeting_json(item: Item, ask: Ask, selected: list[str] | None) -> Json:
    """Nothing for a mail that is about no meeting; with $select only what was named, with or without its type in front."""
    kind = TYPES.get(item.item_class)
    if kind is None:
        return {}
    made: Json = {
        "@odata.type": f"#microsoft.graph.{_RESOURCES.get(kind, 'eventMessageResponse')}",
        "meetingMessageType": kind,
    }
    if not isinstance(item, MeetingMessage):
        return made
    more = _about(item, ask) | (_answer(item) if item.response != "Unknown" else {})
    wanted = None if selected is None else {name.rpartition("/")[2] for name in selected}
    return made | {name: value for name, value in more.items() if wanted is None or name in wanted}


def _about(mail: MeetingMessage, ask: Ask) -> Json:
    meeting = mail.meeting
    return {
        "startDateTime": zoned.shown_of(meeting, meeting.start, meeting.start_zone, ask),
        "endDateTime": zoned.shown_of(meeting, meeting.end, meeting.end_zone, ask),
        "location": {"displayName": meeting.location},
        "type": EVENT_TYPES[series.kind_of(meeting)],
        "isAllDay": meeting.is_all_day,
        "isOutOfDate": mail.is_out_of_date,
        "isDelegated": False,
    }


def _answer(mail: MeetingMessage) -> Json:
    proposed = None
    if mail.proposed_start is not None and mail.proposed_end is not None:
        proposed = {"start": zoned.shown(mail.proposed_start, "UTC"), "end": zoned.shown(mail.proposed_end, "UTC")}
    return {"responseType": _RESPONSES[mail.response], "proposedNewTime": proposed}
