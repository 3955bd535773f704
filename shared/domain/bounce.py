"""What a bounce says: which mail could not be delivered, to whom, and why (RFC 3464, and what Exchange makes of it)."""

import re
from dataclasses import dataclass
from email import policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser

_LONGEST_REASON = 500
_FAILED = frozenset({"failed", ""})
_MESSAGE_ID = re.compile(r"<[^<>@\s]{1,400}@[^<>\s]{1,255}>")


@dataclass(frozen=True, slots=True)
class Undelivered:
    recipient: str
    reason: str


@dataclass(frozen=True, slots=True)
class BounceReport:
    """``message_ids`` are candidates for the mail that bounced, the most reliable first."""

    message_ids: tuple[str, ...]
    undelivered: tuple[Undelivered, ...]


def read_report(mime: bytes) -> BounceReport:
    """Never fails: a report that nobody can read has no recipients and at best some Message-IDs."""
    message = BytesParser(policy=policy.compat32).parsebytes(mime)
    parts = list(message.walk())
    originals = [part for part in parts if part is not message]
    ids = _ids(originals, ("message-id",)) + _headers_in_text(parts) + _ids([message], ("in-reply-to", "references"))
    undelivered = [found for part in parts if (found := _undelivered(part))]
    return BounceReport(tuple(dict.fromkeys(ids)), tuple(dict.fromkeys(undelivered)))


def message_ids(text: str) -> list[str]:
    """Long ones are encoded by some programs, as if they were words."""
    return _MESSAGE_ID.findall(_decoded(text) if "=?" in text else text)


def _decoded(text: str) -> str:
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, ValueError):
        return text


def _ids(parts: list["Message[str, str]"], names: tuple[str, ...]) -> list[str]:
    return [found for part in parts for name in names for found in message_ids(str(part.get(name, "")))]


def _headers_in_text(parts: list["Message[str, str]"]) -> list[str]:
    """``text/rfc822-headers`` carries the headers of the original as its text."""
    found: list[str] = []
    for part in parts:
        if part.get_content_type() == "text/rfc822-headers":
            text = bytes(part.get_payload(decode=True) or b"").decode("utf-8", "replace")
            lines = [line for line in text.splitlines() if line.lower().startswith("message-id:")]
            found += message_ids("\n".join(lines))
    return found


def _undelivered(part: "Message[str, str]") -> Undelivered | None:
    recipient = str(part.get("final-recipient") or part.get("original-recipient") or "")
    if not recipient or str(part.get("action", "")).strip().lower() not in _FAILED:
        return None
    reason = str(part.get("diagnostic-code") or part.get("status") or "no reason was given")
    return Undelivered(_value(recipient), " ".join(_value(reason).split())[:_LONGEST_REASON])


def _value(typed: str) -> str:
    """``rfc822; kim@fabrikam.example`` without its type."""
    kind, separator, value = typed.partition(";")
    return value.strip() if separator and " " not in kind.strip() else typed.strip()
