"""What a request must look like: which children an element may have, in which order, and which it must have.

Exchange validates every request and refuses a wrong one as a whole (ErrorSchemaValidation, HTTP 500); only the forms that the operations here
read are listed, written down from Microsoft's documentation of each element.
"""

from __future__ import annotations

from typing import NamedTuple

from local.exchange.ews.markup import Element, children, name_of
from local.exchange.ews.soap import violation

ITEM = (
    "MimeContent ItemId ParentFolderId ItemClass Subject Sensitivity Body Attachments DateTimeReceived Size Categories* Importance InReplyTo "
    "IsSubmitted IsDraft IsFromMe IsResend IsUnmodified InternetMessageHeaders DateTimeSent DateTimeCreated ResponseObjects ReminderDueBy "
    "ReminderIsSet ReminderNextTime ReminderMinutesBeforeStart DisplayCc DisplayTo DisplayBcc HasAttachments ExtendedProperty* Culture "
    "EffectiveRights LastModifiedName LastModifiedTime IsAssociated WebClientReadFormQueryString WebClientEditFormQueryString ConversationId "
    "UniqueBody Flag StoreEntryId InstanceKey NormalizedBody EntityExtractionResult PolicyTag ArchiveTag RetentionDate Preview "
    "RightsManagementLicenseData PredictedActionReasons IsClutter BlockStatus HasBlockedImages TextBody IconIndex MimeContentUTF8 "
    "Mentions MentionedMe MentionsPreview MentionsEx Hashtags AppliedHashtags AppliedHashtagsPreview Likes LikesPreview "
    "PendingSocialActivityTagIds AtAllMention CanDelete InferenceClassification FirstBody"
)
MESSAGE = (
    "Sender ToRecipients CcRecipients BccRecipients IsReadReceiptRequested IsDeliveryReceiptRequested ConversationIndex ConversationTopic "
    "From InternetMessageId IsRead IsResponseRequested References ReplyTo ReceivedBy ReceivedRepresenting ApprovalRequestData "
    "VotingInformation ReminderMessageData MessageSafety PublishedCalendarItemIcs PublishedCalendarItemName"
)
CALENDAR = (
    "UID RecurrenceId DateTimeStamp Start End OriginalStart IsAllDayEvent LegacyFreeBusyStatus Location When IsMeeting IsCancelled "
    "IsRecurring MeetingRequestWasSent IsResponseRequested CalendarItemType MyResponseType Organizer RequiredAttendees OptionalAttendees "
    "Resources InboxReminders ConflictingMeetingCount AdjacentMeetingCount ConflictingMeetings AdjacentMeetings Duration TimeZone "
    "AppointmentReplyTime AppointmentSequenceNumber AppointmentState Recurrence FirstOccurrence LastOccurrence ModifiedOccurrences "
    "DeletedOccurrences MeetingTimeZone StartTimeZone EndTimeZone ConferenceType AllowNewTimeProposal IsOnlineMeeting MeetingWorkspaceUrl "
    "NetShowUrl EnhancedLocation StartWallClock EndWallClock StartTimeZoneId EndTimeZoneId IntendedFreeBusyStatus JoinOnlineMeetingUrl "
    "OnlineMeetingSettings IsOrganizer CalendarActivityData DoNotForwardMeeting"
)
_ANSWER = (
    "ItemClass Sensitivity Body Attachments InternetMessageHeaders Sender ToRecipients CcRecipients BccRecipients IsReadReceiptRequested "
    "IsDeliveryReceiptRequested From ReferenceItemId ProposedStart ProposedEnd"
)
_SMART_RESPONSE = "Subject Body ToRecipients CcRecipients BccRecipients IsReadReceiptRequested IsDeliveryReceiptRequested From ReferenceItemId NewBodyContent"
_ATTACHMENT = (
    "AttachmentId Name ContentType ContentId ContentLocation AttachmentOriginalUrl Size LastModifiedTime IsInline"
)
_VIEW = "IndexedPageItemView|FractionalPageItemView|SeekToConditionPageItemView|CalendarView|ContactsView"
_PATH = "FieldURI|IndexedFieldURI|ExtendedFieldURI"


class _Place(NamedTuple):
    names: frozenset[str]
    required: bool
    many: bool


class _Form(NamedTuple):
    places: tuple[_Place, ...]
    attributes: frozenset[str]


def _form(children_in_order: str, attributes: str = "") -> _Form:
    """`Name`, `Name!` required, `Name*` many, `A|B` either."""
    places = tuple(
        _Place(frozenset(word.rstrip("!*").split("|")), "!" in word, word.endswith("*"))
        for word in children_in_order.split()
    )
    return _Form(places, frozenset(attributes.split()))


_FORMS = {
    "GetItem": _form("ItemShape! ItemIds!"),
    "FindItem": _form(
        f"ItemShape! {_VIEW} GroupBy|DistinguishedGroupBy Restriction SortOrder ParentFolderIds! QueryString",
        "Traversal",
    ),
    "GetFolder": _form("FolderShape! FolderIds!"),
    "FindFolder": _form(
        "FolderShape! IndexedPageFolderView|FractionalPageFolderView Restriction ParentFolderIds!", "Traversal"
    ),
    "CreateFolder": _form("ParentFolderId! Folders!"),
    "UpdateFolder": _form("FolderChanges!"),
    "DeleteFolder": _form("FolderIds!", "DeleteType"),
    "MoveFolder": _form("ToFolderId! FolderIds!"),
    "EmptyFolder": _form("FolderIds!", "DeleteType DeleteSubFolders"),
    "CreateItem": _form("SavedItemFolderId Items!"),
    "SendItem": _form("ItemIds! SavedItemFolderId", "SaveItemToFolder"),
    "UpdateItem": _form("SavedItemFolderId ItemChanges!", "ConflictResolution"),
    "DeleteItem": _form("ItemIds!", "DeleteType"),
    "MoveItem": _form("ToFolderId! ItemIds! ReturnNewItemIds"),
    "CopyItem": _form("ToFolderId! ItemIds! ReturnNewItemIds"),
    "SyncFolderItems": _form("ItemShape! SyncFolderId! SyncState Ignore MaxChangesReturned! SyncScope"),
    "SyncFolderHierarchy": _form("FolderShape! SyncFolderId SyncState"),
    "CreateAttachment": _form("ParentItemId! Attachments!"),
    "GetAttachment": _form("AttachmentShape AttachmentIds!"),
    "DeleteAttachment": _form("AttachmentIds!"),
    "MarkAllItemsAsRead": _form("ReadFlag! SuppressReadReceipts! FolderIds!"),
    "ConvertId": _form("SourceIds!", "DestinationFormat"),
    "ResolveNames": _form("ParentFolderIds UnresolvedEntry!", "ReturnFullContactData"),
    "GetServerTimeZones": _form("Ids"),
    "ItemShape": _form(
        "BaseShape! IncludeMimeContent BodyType UniqueBodyType NormalizedBodyType FilterHtmlContent ConvertHtmlCodePageToUTF8 "
        "InlineImageUrlTemplate BlockExternalImages AddBlankTargetToLinks MaximumBodySize AdditionalProperties"
    ),
    "FolderShape": _form("BaseShape! AdditionalProperties"),
    "AttachmentShape": _form("IncludeMimeContent BodyType FilterHtmlContent AdditionalProperties"),
    "AdditionalProperties": _form(f"{_PATH}*"),
    "ItemIds": _form("ItemId|OccurrenceItemId|RecurringMasterItemId|RecurringMasterItemIdRanges!*"),
    "FolderIds": _form("FolderId|DistinguishedFolderId!*"),
    "ParentFolderIds": _form("FolderId|DistinguishedFolderId!*"),
    "AttachmentIds": _form("AttachmentId!*"),
    "ItemId": _form("", "Id"),
    "FolderId": _form("", "Id"),
    "AttachmentId": _form("", "Id"),
    "DistinguishedFolderId": _form("Mailbox", "Id"),
    "Message": _form(f"{ITEM} {MESSAGE}"),
    "CalendarItem": _form(f"{ITEM} {CALENDAR}"),
    **dict.fromkeys(("AcceptItem", "TentativelyAcceptItem", "DeclineItem"), _form(_ANSWER)),
    **dict.fromkeys(("ReplyToItem", "ReplyAllToItem", "ForwardItem", "CancelCalendarItem"), _form(_SMART_RESPONSE)),
    "RequiredAttendees": _form("Attendee!*"),
    "OptionalAttendees": _form("Attendee!*"),
    "Resources": _form("Attendee!*"),
    "Attendee": _form("Mailbox! ResponseType LastResponseTime ProposedStart ProposedEnd"),
    "DailyRecurrence": _form("Interval!"),
    "WeeklyRecurrence": _form("Interval! DaysOfWeek! FirstDayOfWeek"),
    "AbsoluteMonthlyRecurrence": _form("Interval! DayOfMonth!"),
    "RelativeMonthlyRecurrence": _form("Interval! DaysOfWeek! DayOfWeekIndex!"),
    "AbsoluteYearlyRecurrence": _form("DayOfMonth! Month!"),
    "RelativeYearlyRecurrence": _form("DaysOfWeek! DayOfWeekIndex! Month!"),
    "NoEndRecurrence": _form("StartDate!"),
    "EndDateRecurrence": _form("StartDate! EndDate!"),
    "NumberedRecurrence": _form("StartDate! NumberOfOccurrences!"),
    "CalendarView": _form("", "StartDate EndDate"),
    "OccurrenceItemId": _form("", "RecurringMasterId InstanceIndex"),
    "RecurringMasterItemId": _form("", "OccurrenceId"),
    "FileAttachment": _form(f"{_ATTACHMENT} IsContactPhoto Content"),
    "ItemAttachment": _form(
        f"{_ATTACHMENT} Item|Message|CalendarItem|Contact|MeetingMessage|MeetingRequest|MeetingResponse|MeetingCancellation|Task|PostItem"
    ),
    "ExtendedProperty": _form("ExtendedFieldURI! Value|Values!"),
    "ExtendedFieldURI": _form("", "PropertyType"),
    "FieldURI": _form("", "FieldURI"),
    "IndexedFieldURI": _form("", "FieldURI FieldIndex"),
    "Mailbox": _form("Name EmailAddress RoutingType MailboxType ItemId OriginalDisplayName"),
    "ToRecipients": _form("Mailbox*"),
    "CcRecipients": _form("Mailbox*"),
    "BccRecipients": _form("Mailbox*"),
    "ReplyTo": _form("Mailbox*"),
    "Flag": _form("FlagStatus! StartDate DueDate CompleteDate"),
    "Body": _form("", "BodyType"),
    "Folder": _form(
        "FolderId ParentFolderId FolderClass DisplayName TotalCount ChildFolderCount ExtendedProperty* ManagedFolderInformation EffectiveRights "
        "DistinguishedFolderId PolicyTag ArchiveTag ReplicaList PermissionSet UnreadCount"
    ),
    "ItemChanges": _form("ItemChange!*"),
    "ItemChange": _form("ItemId|OccurrenceItemId|RecurringMasterItemId! Updates! CalendarActivityData"),
    "FolderChanges": _form("FolderChange!*"),
    "FolderChange": _form("FolderId|DistinguishedFolderId! Updates!"),
    "DeleteItemField": _form(f"{_PATH}!"),
    "DeleteFolderField": _form(f"{_PATH}!"),
    "IndexedPageItemView": _form("", "Offset BasePoint"),
    "FieldOrder": _form(f"{_PATH}!", "Order"),
}


def check(element: Element) -> None:
    """The element and everything in it. Raises SoapFault ErrorSchemaValidation."""
    form = _FORMS.get(name_of(element))
    if form is not None:
        _check_attributes(element, form)
        _check_children(element, form)
    for child in children(element):
        check(child)


def _check_attributes(element: Element, form: _Form) -> None:
    for attribute in form.attributes:
        if attribute not in element.attrib:
            raise violation(f"The required attribute '{attribute}' is missing.", element)


def _check_children(element: Element, form: _Form) -> None:
    at, filled = 0, False
    for child in children(element):
        name = name_of(child)
        while at < len(form.places) and (name not in form.places[at].names or (filled and not form.places[at].many)):
            _leave(element, form.places[at], child, filled=filled)
            at, filled = at + 1, False
        if at == len(form.places):
            raise _unexpected(element, child)
        filled = True
    for place in form.places[at:]:
        if place.required and not filled:
            expected = ", ".join(sorted(place.names))
            raise violation(
                f"The element '{name_of(element)}' in namespace '{_namespace(element)}' has incomplete content. "
                f"List of possible elements expected: '{expected}'.",
                element,
            )
        filled = False


def _leave(element: Element, place: _Place, child: Element, *, filled: bool) -> None:
    if place.required and not filled:
        raise _unexpected(element, child)


def _unexpected(element: Element, child: Element) -> Exception:
    return violation(
        f"The element '{name_of(element)}' in namespace '{_namespace(element)}' has invalid child element '{name_of(child)}' "
        f"in namespace '{_namespace(child)}'.",
        child,
    )


def _namespace(element: Element) -> str:
    return str(element.tag).rpartition("}")[0].lstrip("{")
