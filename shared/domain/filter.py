"""Which mails a watch wants, and the rule that said no, in words. OR inside a field, AND between fields."""

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from html import unescape
from typing import Annotated

from pydantic import Field, StringConstraints

from shared.domain.mail import Address, Body, Importance, MailHead, ReceivedMail
from shared.domain.model import Model

_Words = Annotated[str, StringConstraints(min_length=1, max_length=256, strip_whitespace=True)]
_AddressPattern = Annotated[
    str, StringConstraints(pattern=r"^\s*(\*@[^\s@*]+|[^\s@*]+@[^\s@*]+)\s*$", max_length=320, strip_whitespace=True)
]
_Patterns = Annotated[tuple[_AddressPattern, ...], Field(max_length=100)]
_Phrases = Annotated[tuple[_Words, ...], Field(max_length=100)]
_NAMED = 3
_FORMAT_TAG = re.compile(r"</?(?:a|b|em|font|i|s|span|strong|sub|sup|u)(?:\s[^<>]*)?>", re.IGNORECASE)
"""Stands inside of words too; whatever other tag there is ends one."""
_TAG = re.compile(r"<[^<>]*>")


class Filter(Model):
    """``from``, ``to`` and ``toOrCc`` take addresses or ``*@domain``; ``attachmentNames`` are globs."""

    from_: _Patterns = Field((), alias="from")
    to: _Patterns = ()
    to_or_cc: _Patterns = ()
    subject_contains: _Phrases = ()
    body_contains: _Phrases = ()
    attachment_names: _Phrases = ()
    importance: Annotated[tuple[Importance, ...], Field(max_length=3)] = ()
    categories: _Phrases = ()
    has_attachments: bool | None = None
    unread_only: bool = False


def refusal_at_arrival(wanted: Filter, head: MailHead) -> str | None:
    """The first rule that says no by what a page of changes tells. None: nothing said no so far."""
    return next(_refusals_by_head(wanted, head), None)


def refusal_when_read(wanted: Filter, mail: ReceivedMail) -> str | None:
    """The first rule that says no, now that everything is known of the mail."""
    return next(_refusals_by_content(wanted, mail), None)


def needs_reading(wanted: Filter) -> bool:
    """Whether only the mail itself decides: pages of changes carry neither recipients (EWS) nor body nor file names."""
    return bool(wanted.to or wanted.to_or_cc or wanted.body_contains or wanted.attachment_names)


def _refusals_by_head(wanted: Filter, head: MailHead) -> Iterator[str]:
    senders = [address.address for address in (head.from_, head.sender) if address]
    if wanted.from_ and not _any_address(wanted.from_, senders):
        yield f"from: {senders[0] if senders else 'nobody'} is none of {_listed(wanted.from_)}"
    if wanted.subject_contains and not _contains(head.subject, wanted.subject_contains):
        yield f"subjectContains: the subject has none of {_listed(wanted.subject_contains)}"
    if wanted.importance and head.importance not in wanted.importance:
        yield f"importance: {head.importance} is none of {_listed(wanted.importance)}"
    has = {category.casefold() for category in head.categories}
    if wanted.categories and not has & {category.casefold() for category in wanted.categories}:
        yield f"categories: the mail has none of {_listed(wanted.categories)}"
    if wanted.has_attachments is not None and head.has_attachments is not wanted.has_attachments:
        yield f"hasAttachments: the mail has {'attachments' if head.has_attachments else 'no attachments'}"
    if wanted.unread_only and head.is_read:
        yield "unreadOnly: the mail had been read before it was seen"


def _refusals_by_content(wanted: Filter, mail: ReceivedMail) -> Iterator[str]:
    if wanted.to and not _any_address(wanted.to, _addresses(mail.head.to)):
        yield f"to: no recipient is one of {_listed(wanted.to)}"
    if wanted.to_or_cc and not _any_address(wanted.to_or_cc, _addresses((*mail.head.to, *mail.head.cc))):
        yield f"toOrCc: no recipient is one of {_listed(wanted.to_or_cc)}"
    if wanted.body_contains and not _contains(_shown(mail.body), wanted.body_contains):
        yield f"bodyContains: the body has none of {_listed(wanted.body_contains)}"
    names = [attachment.name for attachment in mail.attachments]
    if wanted.attachment_names and not any(matches_name(wanted.attachment_names, name) for name in names):
        yield f"attachmentNames: no attachment is called like {_listed(wanted.attachment_names)}"


def _shown(body: Body) -> str:
    """What a person reads: markup is not part of it, and line breaks and wide spaces are spaces.

    Servers turn plain text into HTML when they are asked for nothing else; one phrase must match over both doors.
    """
    if body.content_type == "text":
        return body.content
    return unescape(_TAG.sub(" ", _FORMAT_TAG.sub("", _without(_without(body.content, "style"), "script"))))


def _without(html: str, element: str) -> str:
    first, *rest = re.split(rf"<{element}(?=[\s>])", html, flags=re.IGNORECASE)
    return first + "".join(re.split(f"</{element}", part, maxsplit=1, flags=re.IGNORECASE)[-1] for part in rest)


def matches_name(globs: Iterable[str], name: str) -> bool:
    return any(fnmatchcase(name.casefold(), glob.casefold()) for glob in globs)


def _addresses(people: Iterable[Address]) -> list[str]:
    return [person.address for person in people]


def _any_address(patterns: Iterable[str], addresses: Iterable[str]) -> bool:
    known = {address.casefold() for address in addresses}
    known |= {f"*@{address.rpartition('@')[2]}" for address in known}
    return any(pattern.casefold() in known for pattern in patterns)


def _contains(text: str, phrases: Iterable[str]) -> bool:
    folded = _spaced(text)
    return any(_spaced(phrase) in folded for phrase in phrases)


def _spaced(text: str) -> str:
    return " ".join(text.casefold().split())


def _listed(values: tuple[str, ...]) -> str:
    more = f" and {len(values) - _NAMED} more" if len(values) > _NAMED else ""
    return ", ".join(values[:_NAMED]) + more
