"""Answering a mail: which one, how, and under which subject."""

import re
from dataclasses import dataclass
from enum import StrEnum

# What mail programs put before the subject of an answer, in the languages that we met.
_PREFIX = re.compile(r"^(\s*(re|aw|antw|sv|vs|rv|tr|fw|fwd|wg)\s*(\[\d+\])?\s*:)+\s*", re.IGNORECASE)


class ReplyMode(StrEnum):
    REPLY = "reply"
    REPLY_ALL = "replyAll"
    FORWARD = "forward"


@dataclass(frozen=True, slots=True)
class Answering:
    """The mail lies in the mailbox that answers it."""

    internet_message_id: str
    mode: ReplyMode


def reply_subject(mode: ReplyMode, original: str) -> str:
    prefix = "FW: " if mode is ReplyMode.FORWARD else "RE: "
    return prefix + _PREFIX.sub("", original)
