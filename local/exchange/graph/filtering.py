"""$filter and $orderby over messages, as far as mail clients use them; what is not known here is refused as Graph would."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from local.exchange.graph import extended
from local.exchange.graph.refusal import GraphRefused, bad_request
from local.exchange.store import Item, properties

Test = Callable[[Item], bool]
_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|([()]|,)|([^\s(),']+))")
_ANY = re.compile(
    r"singleValueExtendedProperties/any\(\s*(\w+)\s*:\s*\1/id\s+eq\s+'((?:[^']|'')*)'\s+and\s+\1/value\s+(eq|ne)\s+'((?:[^']|'')*)'\s*\)",
    re.IGNORECASE,
)
_CATEGORY = re.compile(r"categories/any\(\s*(\w+)\s*:\s*\1\s+eq\s+'((?:[^']|'')*)'\s*\)", re.IGNORECASE)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq, "ne": operator.ne, "ge": operator.ge, "gt": operator.gt, "le": operator.le, "lt": operator.lt,
}  # fmt: skip
FIELDS: dict[str, Callable[[Item], Any]] = {
    "internetMessageId": lambda item: item.internet_message_id or "",
    "subject": lambda item: item.subject,
    "isRead": lambda item: item.is_read,
    "isDraft": lambda item: item.is_draft,
    "hasAttachments": lambda item: item.has_attachments,
    "importance": lambda item: item.importance.lower(),
    "receivedDateTime": lambda item: item.received_at,
    "sentDateTime": lambda item: item.sent_at,
    "createdDateTime": lambda item: item.created_at,
    "lastModifiedDateTime": lambda item: item.modified_at,
    "from/emailAddress/address": lambda item: item.from_.address if item.from_ else "",
    "sender/emailAddress/address": lambda item: item.sender.address if item.sender else "",
}
_TEXT: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": lambda text, part: part in text,
}


Fields = Mapping[str, Callable[[Any], Any]]


def test_of(written: str) -> Test:
    """Of messages. Raises GraphRefused."""
    return test_among(written, FIELDS)


def test_among(written: str, fields: Fields) -> Test:
    """`fields`: what can be asked about. Raises GraphRefused."""
    known: list[Test] = []

    def replaced(make: Callable[[re.Match[str]], Test]) -> Callable[[re.Match[str]], str]:
        def replace(found: re.Match[str]) -> str:
            known.append(make(found))
            return f"#{len(known) - 1}"

        return replace

    plain = _CATEGORY.sub(replaced(_category), _ANY.sub(replaced(_extended), written))
    return _Parser(plain, known, fields).parse()


def order_of(written: str, fields: Fields = FIELDS) -> tuple[Callable[[Any], Any], bool]:
    """How to sort, and whether the largest comes first. Raises GraphRefused."""
    name, _, direction = written.partition(",")[0].strip().partition(" ")
    if name not in fields:
        raise _invalid()
    return fields[name], direction.strip().lower() == "desc"


def _extended(found: re.Match[str]) -> Test:
    key, value, equal = extended.key_of(_text(found[2])), _text(found[4]), found[3].lower() == "eq"
    return lambda item: (properties.read(item, key) == value) is equal


def _category(found: re.Match[str]) -> Test:
    return lambda item: _text(found[2]) in item.categories


def _text(quoted: str) -> str:
    return quoted.replace("''", "'")


def _invalid() -> GraphRefused:
    return bad_request("Invalid filter clause or orderby.", "ErrorInvalidUrlQueryFilter")


class _Parser:
    """or < and < not < comparison, call, or brackets."""

    def __init__(self, written: str, known: list[Test], fields: Fields) -> None:
        self._fields = fields
        self._tokens = [str(next(filter(None, found))) for found in _TOKEN.findall(written)]
        self._known = known

    def parse(self) -> Test:
        test = self._either()
        if self._tokens:
            raise _invalid()
        return test

    def _take(self, expected: str | None = None) -> str:
        if not self._tokens or (expected is not None and self._tokens[0] != expected):
            raise _invalid()
        return self._tokens.pop(0)

    def _next_is(self, word: str) -> bool:
        if self._tokens and self._tokens[0] == word:
            self._tokens.pop(0)
            return True
        return False

    def _either(self) -> Test:
        tests = [self._both()]
        while self._next_is("or"):
            tests.append(self._both())
        return lambda item: any(test(item) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._next_is("and"):
            tests.append(self._one())
        return lambda item: all(test(item) for test in tests)

    def _one(self) -> Test:
        word = self._take()
        if word == "not":
            test = self._one()
            return lambda item: not test(item)
        if word == "(":
            test = self._either()
            self._take(")")
            return test
        if word.startswith("#"):
            return self._known[int(word[1:])]
        return self._call(word) if word in _TEXT else self._comparison(word)

    def _call(self, name: str) -> Test:
        self._take("(")
        field = self._field(self._take())
        self._take(",")
        wanted = str(_literal(self._take())).casefold()
        self._take(")")
        return lambda item: _TEXT[name](str(field(item)).casefold(), wanted)

    def _comparison(self, name: str) -> Test:
        field, how, value = self._field(name), self._take(), _literal(self._take())
        if how not in _COMPARE:
            raise _invalid()
        compare = _COMPARE[how]
        if name.endswith("address"):
            return lambda item: compare(field(item).casefold(), str(value).casefold())
        return lambda item: _compared(compare, field(item), value)

    def _field(self, name: str) -> Callable[[Item], Any]:
        if name not in self._fields:
            raise bad_request(f"Could not find a property named '{name}' on type 'Microsoft.OutlookServices.Message'.")
        return self._fields[name]


def _compared(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    if type(left) is not type(right):
        raise _invalid()
    return compare(left, right)


def _literal(token: str) -> str | bool | datetime:
    if token.startswith("'"):
        return _text(token[1:-1])
    if token in {"true", "false"}:
        return token == "true"
    try:
        return datetime.fromisoformat(token)
    except ValueError:
        raise _invalid() from None
