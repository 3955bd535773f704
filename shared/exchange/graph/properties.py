"""Exchange's properties as Graph names them, and what a mail's head is asked for."""

from shared.exchange import marker

MARKER = f"String {{{marker.MARKER_SET}}} Name {marker.MARKER_NAME}"
CHANGE = f"String {{{marker.MARKER_SET}}} Name {marker.CHANGE_NAME}"
VERB_STREAM = f"Binary {{{marker.COMMON_SET}}} Id 0x{marker.VERB_STREAM:x}"
VERB_RESPONSE = f"String {{{marker.COMMON_SET}}} Id 0x{marker.VERB_RESPONSE:x}"
SEARCH_KEY = f"Binary 0x{marker.SEARCH_KEY:x}"
MESSAGE_FLAGS = f"Integer 0x{marker.MESSAGE_FLAGS:x}"
MESSAGE_CLASS = "String 0x1a"
MESSAGE_SIZE = f"Integer 0x{marker.MESSAGE_SIZE:x}"
SENSITIVITY = "Integer 0x36"

_HEAD = (
    "internetMessageId receivedDateTime subject sender from toRecipients ccRecipients isRead isDraft hasAttachments "
    "importance categories conversationId internetMessageHeaders"
)
HEAD = _HEAD.replace(" ", ",")
WHOLE = f"{HEAD},body,replyTo"


def expand(*names: str) -> str:
    either = " or ".join(f"id eq '{name}'" for name in names)
    return f"singleValueExtendedProperties($filter={either})"


ARRIVED = HEAD.replace("toRecipients,ccRecipients,", "")
"""Without recipients: they are asked of a mail when it is read, and a page of mails to thousands would be large."""
OF_HEAD = expand(SEARCH_KEY, MESSAGE_CLASS, MESSAGE_SIZE, VERB_RESPONSE)
OF_STATE = expand(MESSAGE_FLAGS)
OF_COPY = expand(MARKER, MESSAGE_CLASS)
OF_EVENT = expand(MARKER, CHANGE)


def short(name: str) -> str:
    """Exchange repeats names in another spelling: leading zeros and capitals of hexadecimal numbers may change."""
    return " ".join(part.replace("0x0", "0x") for part in name.lower().split())
