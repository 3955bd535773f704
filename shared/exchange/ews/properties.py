"""The MAPI properties that we read and write through EWS, as EWS names them."""

from shared.domain.mail import HEADERS_IN_HEAD
from shared.exchange import marker
from shared.exchange.ews.markup import Extended

MARKER = Extended("String", (("PropertySetId", marker.MARKER_SET), ("PropertyName", marker.MARKER_NAME)))
CHANGE = Extended("String", (("PropertySetId", marker.MARKER_SET), ("PropertyName", marker.CHANGE_NAME)))
VERB_STREAM = Extended("Binary", (("PropertySetId", marker.COMMON_SET), ("PropertyId", str(marker.VERB_STREAM))))
VERB_RESPONSE = Extended("String", (("PropertySetId", marker.COMMON_SET), ("PropertyId", str(marker.VERB_RESPONSE))))
SEARCH_KEY = Extended("Binary", (("PropertyTag", f"0x{marker.SEARCH_KEY:04x}"),))
MESSAGE_FLAGS = Extended("Integer", (("PropertyTag", f"0x{marker.MESSAGE_FLAGS:04x}"),))
SENDER_SMTP = Extended("String", (("PropertyTag", f"0x{marker.SENDER_SMTP:04x}"),))
REPRESENTING_SMTP = Extended("String", (("PropertyTag", f"0x{marker.REPRESENTING_SMTP:04x}"),))


def header(name: str) -> Extended:
    """An internet header of a mail, PS_INTERNET_HEADERS."""
    return Extended("String", (("DistinguishedPropertySetId", "InternetHeaders"), ("PropertyName", name)))


OWN_FIELDS = {"in-reply-to": "item:InReplyTo", "references": "message:References"}
"""Headers that Exchange keeps in properties of their own, and so not among the internet headers."""
HEADERS = {name: header(name) for name in sorted(HEADERS_IN_HEAD - OWN_FIELDS.keys())}
HEAD_PROPERTIES = (SEARCH_KEY, SENDER_SMTP, REPRESENTING_SMTP, VERB_RESPONSE, *HEADERS.values())
HEAD_FIELDS = (
    "item:ItemClass",
    "item:Subject",
    "item:DateTimeReceived",
    "item:DateTimeCreated",
    "item:Categories",
    "item:Importance",
    "item:IsDraft",
    "item:HasAttachments",
    "item:Size",
    "item:ConversationId",
    "message:Sender",
    "message:ToRecipients",
    "message:CcRecipients",
    "message:From",
    "message:InternetMessageId",
    "message:IsRead",
    *OWN_FIELDS.values(),
)
"""Everything of a head in one request: SyncFolderItems and GetItem give all of it, FindItem would not."""
COPY_FIELDS = ("item:ItemClass", "item:DateTimeSent", "message:InternetMessageId")
BODY_FIELDS = ("item:Body", "item:InternetMessageHeaders", "item:Attachments", "message:ReplyTo")
