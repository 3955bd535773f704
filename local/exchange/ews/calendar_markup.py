"""Calendar items and mails about meetings as EWS shows them: what they have beyond every other item."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from local.exchange.ews.addresses import mailbox_markup
from local.exchange.ews.fields import ALL, DEFAULT, Field, flag, plain, single
from local.exchange.ews.markup import moment, tag, text, wrap
from local.exchange.ews.recurrence_xml import recurrence_markup
from local.exchange.ews.references import item_id_markup
from local.exchange.ews.shapes import Shape
from local.exchange.store import EPOCH, CalendarItem, Item, MeetingMessage, series, zones
from local.exchange.store.item import Attendee


def meeting_of(item: Item) -> CalendarItem:
    """The appointment itself, or what a mail says about it; a mail that came by SMTP says nothing that this server reads."""
    if isinstance(item, MeetingMessage):
        return item.meeting
    return item if isinstance(item, CalendarItem) else _NOTHING


_NOTHING = CalendarItem()


def response_objects(item: Item) -> str:
    """What can be answered; nothing where the item is no appointment and no invitation."""
    if not isinstance(item, CalendarItem) and item.item_class != "IPM.Schedule.Meeting.Request":
        return ""
    own = meeting_of(item)
    if isinstance(item, CalendarItem) and own.is_organizer:
        return "<t:CancelCalendarItem/><t:ForwardItem/>" if own.is_meeting else "<t:ForwardItem/>"
    answers = "<t:AcceptItem/><t:TentativelyAcceptItem/><t:DeclineItem/>" + "<t:ReplyToItem/><t:ReplyAllToItem/>"
    return answers + "<t:ForwardItem/>"


def _text(name: str, value: Callable[[CalendarItem], str], bases: frozenset[str] = ALL) -> Field:
    return plain(name, lambda item: value(meeting_of(item)), bases)


def _flag(name: str, value: Callable[[CalendarItem], object], bases: frozenset[str] = ALL) -> Field:
    return flag(name, lambda item: value(meeting_of(item)), bases)


def _when(name: str, value: Callable[[CalendarItem], datetime | None], bases: frozenset[str] = ALL) -> Field:
    def shown(own: CalendarItem) -> str:
        found = value(own)
        return moment(found) if found not in {None, EPOCH} else ""

    return _text(name, shown, bases)


def _attendees(name: str, kind: str) -> Field:
    def write(item: Item, _shape: Shape) -> str:
        found = "".join(_attendee(one) for one in meeting_of(item).attendees if one.kind == kind)
        return wrap(name, found) if found else ""

    return Field(f"calendar:{name}", ALL, write)


def _attendee(attendee: Attendee) -> str:
    times = (
        ("LastResponseTime", attendee.responded_at), ("ProposedStart", attendee.proposed_start), ("ProposedEnd", attendee.proposed_end),
    )  # fmt: skip
    shown = "".join(tag(name, moment(value)) for name, value in times if value is not None)
    return wrap("Attendee", mailbox_markup(attendee.address) + tag("ResponseType", attendee.response) + shown)


def _zone(name: str, value: Callable[[CalendarItem], str]) -> Field:
    def write(item: Item, _shape: Shape) -> str:
        windows = text(zones.windows_name(value(meeting_of(item))))
        return f'<t:{name} Id="{windows}" Name="{windows}"/>'

    return Field(f"calendar:{name}", ALL, write)


def _duration(own: CalendarItem) -> str:
    minutes, _ = divmod(int((own.end - own.start).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"PT{hours}H{minutes}M" if hours and minutes else f"PT{hours}H" if hours else f"PT{minutes}M"


def _series(name: str, shown: Callable[[CalendarItem], str]) -> Field:
    """Of a recurring master in a mailbox only."""

    def write(item: Item, _shape: Shape) -> str:
        return shown(item) if isinstance(item, CalendarItem) and item.recurrence is not None else ""

    return Field(f"calendar:{name}", ALL, write)


def _occurrence(name: str, one: CalendarItem | None) -> str:
    if one is None:
        return ""
    times = (("Start", one.start), ("End", one.end), ("OriginalStart", one.original_start or one.start))
    return wrap(name, item_id_markup(one) + "".join(tag(label, moment(value)) for label, value in times))


def _first(own: CalendarItem) -> str:
    return _occurrence("FirstOccurrence", next(iter(series.occurrences(own, 1)), None))


def _modified(own: CalendarItem) -> str:
    found = "".join(_occurrence("Occurrence", series.occurrence(own, day)) for day in sorted(own.exceptions))
    return wrap("ModifiedOccurrences", found) if found else ""


def _deleted(own: CalendarItem) -> str:
    begins = zones.local(own.start, own.start_zone)
    starts = (
        zones.instant_at(begins + (day - begins.date()), own.start_zone) for day in sorted(own.deleted_occurrences)
    )
    found = "".join(wrap("DeletedOccurrence", tag("Start", moment(start))) for start in starts)
    return wrap("DeletedOccurrences", found) if found else ""


def _state(own: CalendarItem) -> str:
    """PidLidAppointmentStateFlags: meeting 1, received 2, cancelled 4."""
    return str(own.is_meeting * 1 + (not own.is_organizer) * 2 + own.is_cancelled * 4)


def _recurrence(item: Item, _shape: Shape) -> str:
    rule = meeting_of(item).recurrence
    return recurrence_markup(rule) if rule is not None else ""


def _associated(mail: Item, _shape: Shape) -> str:
    own = series.about(mail)
    return item_id_markup(own, "AssociatedCalendarItemId") if own is not None else ""


def _my_response(item: Item) -> str:
    own = item if isinstance(item, CalendarItem) else series.about(item)
    return own.my_response if own is not None else "Unknown"


def _proposed(name: str, value: Callable[[MeetingMessage], datetime | None]) -> Field:
    def shown(item: Item) -> str:
        found = value(item) if isinstance(item, MeetingMessage) else None
        return moment(found) if found is not None else ""

    return plain(f"meeting:{name}", shown, DEFAULT)


def _request_type(item: Item) -> str:
    return "FullUpdate" if isinstance(item, MeetingMessage) and item.is_update else "NewMeetingRequest"


_RECURRENCE = Field("calendar:Recurrence", ALL, _recurrence)
_KIND = _text("calendar:CalendarItemType", series.kind_of, DEFAULT)
_START, _END = (
    _when("calendar:Start", lambda own: own.start, DEFAULT),
    _when("calendar:End", lambda own: own.end, DEFAULT),
)
_ORIGINAL = _when("calendar:OriginalStart", lambda own: own.original_start)
_LOCATION = _text("calendar:Location", lambda own: own.location, DEFAULT)
_UID = _text("calendar:UID", lambda own: own.uid)
_RECURRENCE_ID = _when("calendar:RecurrenceId", lambda own: own.original_start if own.occurrence_date else None)
_STAMP = plain("calendar:DateTimeStamp", lambda item: moment(item.modified_at))
_BUSY = _text("calendar:LegacyFreeBusyStatus", lambda own: own.show_as, DEFAULT)
_PLACE_AND_TIME = (
    _LOCATION,
    _text("calendar:When", lambda _own: ""),
    _flag("calendar:IsMeeting", lambda own: own.is_meeting),
    _flag("calendar:IsCancelled", lambda own: own.is_cancelled),
    _flag("calendar:IsRecurring", lambda own: own.recurrence is not None or own.occurrence_date is not None),
    _flag("calendar:MeetingRequestWasSent", lambda own: own.request_was_sent),
)
_PEOPLE = (
    plain("calendar:MyResponseType", _my_response, DEFAULT),
    single("calendar:Organizer", lambda item: meeting_of(item).organizer, DEFAULT),
    _attendees("RequiredAttendees", "Required"),
    _attendees("OptionalAttendees", "Optional"),
    _attendees("Resources", "Resource"),
    _text("calendar:Duration", _duration),
    _text("calendar:TimeZone", lambda own: zones.windows_name(own.start_zone)),
    _when("calendar:AppointmentReplyTime", lambda own: own.replied_at),
    _text("calendar:AppointmentSequenceNumber", lambda own: str(own.sequence)),
    _text("calendar:AppointmentState", _state),
    _RECURRENCE,
    _series("FirstOccurrence", _first),
    _series("LastOccurrence", lambda own: _occurrence("LastOccurrence", series.last(own))),
    _series("ModifiedOccurrences", _modified),
    _series("DeletedOccurrences", _deleted),
    _zone("StartTimeZone", lambda own: own.start_zone),
    _zone("EndTimeZone", lambda own: own.end_zone),
    _text("calendar:ConferenceType", lambda _own: "0"),
    _flag("calendar:AllowNewTimeProposal", lambda own: own.allow_new_time),
    _flag("calendar:IsOnlineMeeting", lambda own: own.online_meeting_url is not None),
)
_CALENDAR_ITEM = (
    _UID, _RECURRENCE_ID, _STAMP, _START, _END, _ORIGINAL,
    _flag("calendar:IsAllDayEvent", lambda own: own.is_all_day, DEFAULT), _BUSY, *_PLACE_AND_TIME,
    _flag("calendar:IsResponseRequested", lambda own: own.is_response_requested), _KIND, *_PEOPLE,
    _text("calendar:JoinOnlineMeetingUrl", lambda own: own.online_meeting_url or ""),
    _flag("calendar:IsOrganizer", lambda own: own.is_organizer),
)  # fmt: skip
_MEETING_MESSAGE = (
    Field("meeting:AssociatedCalendarItemId", DEFAULT, _associated),
    flag("meeting:IsDelegated", lambda _item: False, DEFAULT),
    flag("meeting:IsOutOfDate", lambda item: isinstance(item, MeetingMessage) and item.is_out_of_date, DEFAULT),
    flag("meeting:HasBeenProcessed", lambda item: series.about(item) is not None, DEFAULT),
    plain("meeting:ResponseType", lambda item: item.response if isinstance(item, MeetingMessage) else "Unknown", DEFAULT),
    _UID, _RECURRENCE_ID, _STAMP,
    flag("calendar:IsOrganizer", lambda item: item.item_class.startswith("IPM.Schedule.Meeting.Resp")),
)  # fmt: skip
_REQUEST = (
    plain("meetingRequest:MeetingRequestType", _request_type, DEFAULT),
    _text("meetingRequest:IntendedFreeBusyStatus", lambda own: own.intended_show_as, DEFAULT),
    _START, _END, _ORIGINAL, _flag("calendar:IsAllDayEvent", lambda own: own.is_all_day, DEFAULT), _BUSY, *_PLACE_AND_TIME, _KIND, *_PEOPLE,
)  # fmt: skip
_TELLING = (_START, _END, _LOCATION, _RECURRENCE, _KIND)


FIELDS: dict[str, tuple[Field, ...]] = {
    "CalendarItem": _CALENDAR_ITEM,
    "MeetingMessage": _MEETING_MESSAGE,
    "MeetingRequest": _MEETING_MESSAGE + _REQUEST,
    "MeetingResponse": (
        *_MEETING_MESSAGE, *_TELLING, _proposed("ProposedStart", lambda mail: mail.proposed_start),
        _proposed("ProposedEnd", lambda mail: mail.proposed_end),
    ),
    "MeetingCancellation": _MEETING_MESSAGE + _TELLING,
}  # fmt: skip
ONLY_BY_GET = frozenset(
    f"calendar:{name}"
    for name in (
        "RequiredAttendees", "OptionalAttendees", "Resources", "Recurrence", "FirstOccurrence", "LastOccurrence",
        "ModifiedOccurrences", "DeletedOccurrences",
    )
)  # fmt: skip
