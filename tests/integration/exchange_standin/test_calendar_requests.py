"""Appointments by raw XML: what Exchange takes is kept, what it refuses is refused, and faults happen around it."""

import base64

import pytest
import requests

from local.exchange.server import Exchange
from local.faults import Fault
from tests.integration.exchange_standin.raw_ews import Answer, RawEws

BOB, CARLA, KIM = "bob@contoso.example", "carla@contoso.example", "kim@fabrikam.example"
MARKER = '<t:ExtendedFieldURI PropertySetId="6a1f0b1e-3a52-4b7c-9a49-0c7a1f4f0001" PropertyName="actionId" PropertyType="String"/>'
TIMES = "<t:Start>2027-03-01T08:00:00Z</t:Start><t:End>2027-03-01T09:00:00Z</t:End>"
ZONES = '<t:StartTimeZone Id="W. Europe Standard Time"/><t:EndTimeZone Id="W. Europe Standard Time"/>'
EVERYTHING = "<t:BaseShape>AllProperties</t:BaseShape>"
SENDING = ("SendToNone", "SendOnlyToAll", "SendToAllAndSaveCopy")


def invite(*addresses: str, element: str = "RequiredAttendees") -> str:
    inner = "".join(
        f"<t:Attendee><t:Mailbox><t:EmailAddress>{one}</t:EmailAddress></t:Mailbox></t:Attendee>" for one in addresses
    )
    return f"<t:{element}>{inner}</t:{element}>"


def book(
    raw: RawEws, subject: str, inner: str = TIMES + invite(BOB) + ZONES, told: str = SENDING[2], before: str = "", header: str = ""
) -> Answer:  # fmt: skip
    return raw(
        f'<m:CreateItem SendMeetingInvitations="{told}"><m:Items><t:CalendarItem><t:Subject>{subject}</t:Subject>{before}{inner}'
        "</t:CalendarItem></m:Items></m:CreateItem>",
        header=header,
    )


def change(raw: RawEws, item_id: str, updates: str, told: str = "SendToChangedAndSaveCopy") -> Answer:
    return raw(
        f'<m:UpdateItem ConflictResolution="NeverOverwrite" SendMeetingInvitationsOrCancellations="{told}"><m:ItemChanges><t:ItemChange>'
        f"{item_id}<t:Updates>{updates}</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>"
    )


def field(uri: str, inner: str) -> str:
    return f'<t:SetItemField><t:FieldURI FieldURI="{uri}"/><t:CalendarItem>{inner}</t:CalendarItem></t:SetItemField>'


def respond(raw: RawEws, name: str, item_id: str, inner: str = "", disposition: str = "SendAndSaveCopy") -> Answer:
    reference = item_id.replace("<t:ItemId", "<t:ReferenceItemId")
    before, after = ("", inner) if name == "CancelCalendarItem" or "Proposed" in inner else (inner, "")
    return raw(
        f'<m:CreateItem MessageDisposition="{disposition}"><m:Items><t:{name}>{before}{reference}{after}</t:{name}></m:Items></m:CreateItem>'
    )


def by(field_uri: str, value: str) -> str:
    return f'<t:IsEqualTo>{field_uri}<t:FieldURIOrConstant><t:Constant Value="{value}"/></t:FieldURIOrConstant></t:IsEqualTo>'


def by_subject(subject: str) -> str:
    return by('<t:FieldURI FieldURI="item:Subject"/>', subject)


def current(raw: RawEws, item_id: str) -> str:
    return raw.get(item_id, "<t:BaseShape>IdOnly</t:BaseShape>").item_id


def mails(exchange: Exchange, address: str, folder: str, subject: str) -> int:
    items = exchange.store.mailbox(address).named[folder].items.values()
    return sum(item.subject == subject for item in items)


@pytest.mark.parametrize(("told", "arrived", "kept"), [(SENDING[0], 0, 0), (SENDING[1], 1, 0), (SENDING[2], 1, 1)])
def test_who_is_told_of_a_new_meeting_is_said_by_the_request(raw: RawEws, exchange: Exchange, told: str, arrived: int, kept: int) -> None:  # fmt: skip
    made = book(raw, f"New {told}", told=told)
    assert made.code == "NoError"
    assert mails(exchange, BOB, "inbox", f"New {told}") == arrived
    assert mails(exchange, BOB, "calendar", f"New {told}") == arrived
    assert mails(exchange, "anna@contoso.example", "sentitems", f"New {told}") == kept
    assert raw.get(made.item_id).one("//t:MeetingRequestWasSent/text()") == str(bool(arrived)).lower()


def test_an_appointment_is_found_by_its_marker_and_knows_its_uid(raw: RawEws) -> None:
    marked = f"<t:ExtendedProperty>{MARKER}<t:Value>order-4711</t:Value></t:ExtendedProperty>"
    made = book(raw, "Marked", f"<t:UID>order-4711@contoso.example</t:UID>{TIMES}{ZONES}", before=marked)
    assert raw.find(by(MARKER, "order-4711"), "calendar").all("//t:ItemId/@Id") == made.all("//t:ItemId/@Id")
    assert raw.find(by(MARKER, "order-4712"), "calendar").all("//t:ItemId/@Id") == []
    wanted = (
        f"<t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:FieldURI FieldURI='calendar:UID'/>{MARKER}"
        "<t:ExtendedFieldURI DistinguishedPropertySetId='Meeting' PropertyId='35' PropertyType='Binary'/></t:AdditionalProperties>"
    )
    shown = raw.get(made.item_id, wanted)
    assert shown.one("//t:UID/text()") == "order-4711@contoso.example"
    marker, object_id = shown.all("//t:ExtendedProperty/t:Value/text()")
    assert (marker, b"vCal-Uid\x01\0\0\0order-4711@contoso.example\0" in base64.b64decode(object_id)) == (
        "order-4711",
        True,
    )
    uid = raw.find(by("<t:FieldURI FieldURI='calendar:UID'/>", "x"), "calendar")
    assert uid.code == "ErrorUnsupportedPathForQuery"


def test_a_time_without_offset_is_meant_in_the_requests_zone(raw: RawEws) -> None:
    context = '<t:TimeZoneContext><t:TimeZoneDefinition Id="Tokyo Standard Time"/></t:TimeZoneContext>'
    times = "<t:Start>2027-03-01T09:00:00</t:Start><t:End>2027-03-01T10:00:00</t:End>"
    shown = raw.get(book(raw, "Tokyo", times, header=context).item_id)
    assert shown.one("//t:Start/text()") == "2027-03-01T00:00:00Z"
    assert shown.one("//t:StartTimeZone/@Id") == "Tokyo Standard Time"


PATTERNS = {
    "daily": ("<t:DailyRecurrence><t:Interval>2</t:Interval></t:DailyRecurrence>", ["01", "03", "05"]),
    "weekly": (
        "<t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Monday Thursday</t:DaysOfWeek></t:WeeklyRecurrence>",
        ["01", "04", "08"],
    ),
    "monthly": (
        "<t:AbsoluteMonthlyRecurrence><t:Interval>1</t:Interval><t:DayOfMonth>31</t:DayOfMonth></t:AbsoluteMonthlyRecurrence>",
        ["31", "30", "31"],
    ),
    "relative": (
        (
            "<t:RelativeMonthlyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Friday</t:DaysOfWeek><t:DayOfWeekIndex>Last</t:DayOfWeekIndex>"
            "</t:RelativeMonthlyRecurrence>"
        ),
        ["26", "30", "28"],
    ),
    "yearly": (
        "<t:AbsoluteYearlyRecurrence><t:DayOfMonth>1</t:DayOfMonth><t:Month>March</t:Month></t:AbsoluteYearlyRecurrence>",
        ["01", "01", "01"],
    ),
    "relative yearly": (
        (
            "<t:RelativeYearlyRecurrence><t:DaysOfWeek>Weekday</t:DaysOfWeek><t:DayOfWeekIndex>Second</t:DayOfWeekIndex><t:Month>March</t:Month>"
            "</t:RelativeYearlyRecurrence>"
        ),
        ["02", "02", "02"],
    ),
}
RANGES = {
    "numbered": "<t:NumberedRecurrence><t:StartDate>2027-03-01</t:StartDate><t:NumberOfOccurrences>3</t:NumberOfOccurrences></t:NumberedRecurrence>",
    "until": "<t:EndDateRecurrence><t:StartDate>2027-03-01</t:StartDate><t:EndDate>2027-03-08</t:EndDate></t:EndDateRecurrence>",
    "forever": "<t:NoEndRecurrence><t:StartDate>2027-03-01</t:StartDate></t:NoEndRecurrence>",
}


@pytest.mark.parametrize("kind", PATTERNS)
def test_a_series_happens_on_the_days_of_its_pattern(raw: RawEws, kind: str) -> None:
    pattern, days = PATTERNS[kind]
    made = book(raw, kind, f"{TIMES}<t:Recurrence>{pattern}{RANGES['numbered']}</t:Recurrence>{ZONES}")
    shown = raw.get(made.item_id)
    assert shown.one("//t:CalendarItemType/text()") == "RecurringMaster"
    master = made.all("//t:ItemId/@Id")[0]
    places = "".join(
        f'<t:OccurrenceItemId RecurringMasterId="{master}" InstanceIndex="{index}"/>' for index in (1, 2, 3, 4)
    )
    occurrences = raw.get(places)
    assert [start[8:10] for start in occurrences.all("//t:CalendarItem/t:Start/text()")] == days
    assert occurrences.codes[3] == "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange"
    again = raw.get(f'<t:RecurringMasterItemId OccurrenceId="{occurrences.all("//t:ItemId/@Id")[1]}"/>')
    assert again.all("//t:CalendarItem/t:ItemId/@Id") == [master]


@pytest.mark.parametrize(("span", "count"), [("numbered", 3), ("until", 4), ("forever", 16)])
def test_a_calendar_view_takes_a_series_apart(raw: RawEws, span: str, count: int) -> None:
    with_pattern = f"<t:Recurrence>{PATTERNS['daily'][0]}{RANGES[span]}</t:Recurrence>"
    inner = f"{TIMES}{with_pattern}"
    david = raw.of(
        "david@contoso.example"
        if span == "numbered"
        else "emma@contoso.example"
        if span == "until"
        else "frank@contoso.example"
    )
    assert book(david, span, inner, told=SENDING[0]).code == "NoError"
    view = '<m:CalendarView StartDate="2027-03-01T00:00:00Z" EndDate="2027-04-01T00:00:00Z"/>'
    found = david.find("", "calendar", view)
    assert len(found.all("//t:CalendarItem/t:ItemId/@Id")) == count
    assert set(found.all("//t:CalendarItemType/text()")) == {"Occurrence"}
    assert david.find("", "calendar").all("//t:CalendarItemType/text()") == ["RecurringMaster"]


@pytest.mark.parametrize(
    ("inner", "told", "code"),
    [
        ("<t:Start>2027-03-01T09:00:00Z</t:Start><t:End>2027-03-01T08:00:00Z</t:End>", SENDING[0], "ErrorCalendarEndDateIsEarlierThanStartDate"),
        ("<t:Start>2027-03-01T09:00:00Z</t:Start><t:End>2037-03-01T08:00:00Z</t:End>", SENDING[0], "ErrorCalendarDurationIsTooLong"),
        (f'{TIMES}<t:StartTimeZone Id="Atlantis Standard Time"/>', SENDING[0], "ErrorTimeZone"),
        (TIMES + invite(*(f"p{number}@contoso.example" for number in range(501))), SENDING[2], "ErrorExceededMaxRecipientLimit"),
        (TIMES + invite("no address"), SENDING[2], "ErrorInvalidRecipients"),
        (
            (f"{TIMES}<t:Recurrence><t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Sunday</t:DaysOfWeek></t:WeeklyRecurrence>"
            "<t:EndDateRecurrence><t:StartDate>2027-03-01</t:StartDate><t:EndDate>2027-03-05</t:EndDate></t:EndDateRecurrence></t:Recurrence>"),
            SENDING[0],
            "ErrorRecurrenceHasNoOccurrence",
        ),
    ],
    ids=["end first", "ten years", "no zone", "501 attendees", "no address", "never"],
)  # fmt: skip
def test_what_cannot_be_leaves_nothing_behind(
    raw: RawEws, exchange: Exchange, inner: str, told: str, code: str
) -> None:
    calendar = exchange.store.mailbox("anna@contoso.example").named["calendar"].items
    before = len(calendar)
    assert book(raw, "impossible", inner, told).code == code
    assert len(calendar) == before


def test_who_shall_be_told_must_be_said(raw: RawEws) -> None:
    nothing = f"<m:CreateItem><m:Items><t:CalendarItem><t:Subject>x</t:Subject>{TIMES}</t:CalendarItem></m:Items></m:CreateItem>"
    assert raw(nothing).code == "ErrorSendMeetingInvitationsRequired"
    made = book(raw, "Said").item_id
    deleting = f'<m:DeleteItem DeleteType="MoveToDeletedItems"><m:ItemIds>{made}</m:ItemIds></m:DeleteItem>'
    assert raw(deleting).code == "ErrorSendMeetingCancellationsRequired"
    changing = (
        '<m:UpdateItem ConflictResolution="AlwaysOverwrite"><m:ItemChanges><t:ItemChange>'
        f"{made}<t:Updates>{field('item:Subject', '<t:Subject>y</t:Subject>')}</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>"
    )
    assert raw(changing).code == "ErrorSendMeetingInvitationsOrCancellationsRequired"


def test_an_answer_makes_the_organizers_change_key_stale(raw: RawEws) -> None:
    made = book(raw, "Stale key").item_id
    bob = raw.of(BOB)
    assert respond(bob, "AcceptItem", bob.find(by_subject("Stale key"), "calendar").item_id).code == "NoError"
    update = field("calendar:Location", "<t:Location>Elsewhere</t:Location>")
    assert change(raw, made, update).code == "ErrorIrresolvableConflict"
    assert respond(raw, "CancelCalendarItem", made).code == "ErrorStaleObject"
    assert respond(raw, "CancelCalendarItem", made.partition(" ChangeKey")[0] + "/>").code == "ErrorChangeKeyRequired"
    assert change(raw, current(raw, made), update).code == "NoError"


@pytest.mark.parametrize(
    ("told", "updates", "carla"),
    [
        ("SendToNone", field("calendar:Location", "<t:Location>B</t:Location>"), 1),
        ("SendOnlyToAll", field("item:Categories", "<t:Categories><t:String>red</t:String></t:Categories>"), 2),
        ("SendToChangedAndSaveCopy", field("item:Categories", "<t:Categories><t:String>red</t:String></t:Categories>"), 1),
        ("SendToChangedAndSaveCopy", field("calendar:Location", "<t:Location>B</t:Location>"), 2),
        ("SendOnlyToChanged", field("calendar:RequiredAttendees", invite(BOB, CARLA, "grace@contoso.example")), 1),
    ],
    ids=["nobody", "everybody", "nobody's affair", "everybody's affair", "a newcomer"],
)  # fmt: skip
def test_an_update_tells_whom_the_request_says(
    raw: RawEws, exchange: Exchange, told: str, updates: str, carla: int
) -> None:
    subject = f"Update {told} {len(updates)}"
    made = book(raw, subject, TIMES + invite(BOB, CARLA)).item_id
    assert change(raw, made, updates, told).code == "NoError"
    assert mails(exchange, CARLA, "inbox", subject) == carla
    assert mails(exchange, "grace@contoso.example", "inbox", subject) == ("grace" in updates)


def test_answers_can_be_kept_back_and_proposals_forbidden(raw: RawEws, exchange: Exchange) -> None:
    book(raw, "Fixed", f"{TIMES}{invite(BOB)}<t:AllowNewTimeProposal>false</t:AllowNewTimeProposal>")
    bob = raw.of(BOB)
    own = bob.find(by_subject("Fixed"), "calendar").item_id
    proposal = (
        "<t:ProposedStart>2027-03-01T14:00:00Z</t:ProposedStart><t:ProposedEnd>2027-03-01T15:00:00Z</t:ProposedEnd>"
    )
    assert respond(bob, "TentativelyAcceptItem", own, proposal).code == "ErrorInvalidRequest"
    assert respond(bob, "AcceptItem", own, disposition="SaveOnly").code == "NoError"
    assert mails(exchange, "anna@contoso.example", "inbox", "Accepted: Fixed") == 0
    organizers = raw.find(by_subject("Fixed"), "calendar").item_id
    assert respond(raw, "DeclineItem", organizers).code == "ErrorCalendarIsOrganizerForDecline"


def test_a_meeting_response_says_everything_to_a_raw_reader(raw: RawEws) -> None:
    made = book(raw, "Read me", f"<t:UID>read-me@contoso.example</t:UID>{TIMES}{invite(BOB)}{ZONES}")
    bob = raw.of(BOB)
    invitation = bob.find(by_subject("Read me")).item_id
    words = '<t:Body BodyType="Text">Two o\'clock?</t:Body>'
    proposal = (
        "<t:ProposedStart>2027-03-01T14:00:00Z</t:ProposedStart><t:ProposedEnd>2027-03-01T15:00:00Z</t:ProposedEnd>"
    )
    reference = invitation.replace("<t:ItemId", "<t:ReferenceItemId")
    answered = bob(
        f'<m:CreateItem MessageDisposition="SendAndSaveCopy"><m:Items><t:TentativelyAcceptItem>{words}{reference}{proposal}'
        "</t:TentativelyAcceptItem></m:Items></m:CreateItem>"
    )
    assert answered.code == "NoError"
    heard = raw.get(raw.find(by_subject("New Time Proposed: Read me")).item_id)
    assert heard.one("//t:MeetingResponse/t:ItemClass/text()") == "IPM.Schedule.Meeting.Resp.Tent"
    assert heard.one("//t:MeetingResponse/t:ResponseType/text()") == "Tentative"
    assert heard.one("//t:MeetingResponse/t:UID/text()") == "read-me@contoso.example"
    assert heard.one("//t:AssociatedCalendarItemId/@Id") == made.all("//t:ItemId/@Id")[0]
    assert heard.one("//t:MeetingResponse/t:ProposedStart/text()") == "2027-03-01T14:00:00Z"
    assert heard.one("//t:Body/text()") == "Two o'clock?"
    attendee = raw.get(made.item_id).one("//t:RequiredAttendees//t:ProposedEnd/text()")
    assert attendee == "2027-03-01T15:00:00Z"


def series(raw: RawEws, subject: str) -> Answer:
    return book(
        raw, subject, f"{TIMES}{invite(BOB)}<t:Recurrence>{PATTERNS['daily'][0]}{RANGES['numbered']}</t:Recurrence>"
    )


def occurrence(made: Answer, index: int) -> str:
    master, key = made.all("//t:ItemId/@Id")[0], made.all("//t:ItemId/@ChangeKey")[0]
    return f'<t:OccurrenceItemId RecurringMasterId="{master}" ChangeKey="{key}" InstanceIndex="{index}"/>'


def test_one_occurrence_is_deleted_with_a_cancellation(raw: RawEws, exchange: Exchange) -> None:
    made = series(raw, "One less")
    deleted = raw(
        '<m:DeleteItem DeleteType="MoveToDeletedItems" SendMeetingCancellations="SendToAllAndSaveCopy"><m:ItemIds>'
        f"{occurrence(made, 2)}</m:ItemIds></m:DeleteItem>"
    )
    assert deleted.code == "NoError"
    assert raw.get(occurrence(made, 2)).code == "ErrorCalendarOccurrenceIsDeletedFromRecurrence"
    assert raw.get(made.item_id).one("//t:DeletedOccurrence/t:Start/text()") == "2027-03-03T08:00:00Z"
    bob = raw.of(BOB)
    own = bob.find(by_subject("One less"), "calendar")
    assert bob.get(occurrence(own, 2)).one("//t:CalendarItem/t:IsCancelled/text()") == "true"
    assert (
        bob.get(bob.find(by_subject("Canceled: One less")).item_id).one("//t:MeetingCancellation/t:RecurrenceId/text()")
        == "2027-03-03T08:00:00Z"
    )
    assert mails(exchange, "anna@contoso.example", "sentitems", "Canceled: One less") == 1


def test_a_changed_occurrence_falls_back_when_the_series_moves_or_ends(raw: RawEws) -> None:
    made = series(raw, "Moving series")
    moved = change(raw, occurrence(made, 3), field("calendar:Start", "<t:Start>2027-03-05T07:00:00Z</t:Start>"))
    assert moved.code == "NoError"
    assert raw.get(made.item_id).one("//t:ModifiedOccurrences/t:Occurrence/t:Start/text()") == "2027-03-05T07:00:00Z"
    bob = raw.of(BOB)
    own = bob.find(by_subject("Moving series"), "calendar")
    assert bob.get(occurrence(own, 3)).one("//t:CalendarItem/t:Start/text()") == "2027-03-05T07:00:00Z"
    later = field("calendar:Start", "<t:Start>2027-03-01T08:30:00Z</t:Start>")
    assert change(raw, current(raw, made.item_id), later).code == "NoError"
    starts = [bob.get(occurrence(own, index)).one("//t:CalendarItem/t:Start/text()") for index in (1, 3)]
    assert starts == ["2027-03-01T08:30:00Z", "2027-03-05T08:30:00Z"]
    assert respond(raw, "CancelCalendarItem", current(raw, made.item_id)).code == "NoError"
    assert bob.get(occurrence(own, 3)).one("//t:CalendarItem/t:IsCancelled/text()") == "true"


def test_an_invitation_to_nobody_bounces_and_one_to_outside_leaves(raw: RawEws, exchange: Exchange) -> None:
    book(raw, "Outside", TIMES + invite("nobody@contoso.example", "guest@elsewhere.example", KIM))
    assert mails(exchange, "anna@contoso.example", "inbox", "Undeliverable: Outside") == 1
    assert [left.recipient for left in exchange.store.transport.outbound if left.item.subject == "Outside"] == [
        "guest@elsewhere.example"
    ]
    assert mails(exchange, KIM, "calendar", "Outside") == 1


@pytest.mark.parametrize(("when", "there"), [("before", 0), ("after", 1)])
def test_a_booking_whose_answer_is_lost_is_there_or_not(raw: RawEws, exchange: Exchange, when: str, there: int) -> None:
    exchange.faults.add(Fault.model_validate({"door": "ews", "operation": "CreateItem", "when": when, "drop": True}))
    with pytest.raises(requests.ConnectionError):
        book(raw, f"Lost {when}")
    assert mails(exchange, BOB, "calendar", f"Lost {when}") == there
