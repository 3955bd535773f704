"""What may stand in a table key, and how the rows of one record are named.

A record lies at ``r|<key>``; its copy in an index at ``i|<index>|<order>|<key>``, so that one query over neighbouring
rows reads a page in the index's order. ``|`` separates and therefore stands in no part.
"""

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
IndexEntry = tuple[str, str]
"""Name of the index (``state:failed``) and the text by which it is ordered."""
Indexes = Callable[[T], Iterable[IndexEntry]]

# Tables forbid / \ # ? and control characters; % and ' are mangled between SDK, proxies and service.
_ALLOWED = re.compile(r"[!$&()*+,\-.0-9:;<=>@A-Z\[\]^_`a-z{}~]{1,255}")


def none(_value: object) -> tuple[IndexEntry, ...]:
    """The index function of records without indexes."""
    return ()


def check_part(text: str) -> str:
    """Raises ValueError: a caller's raw text never becomes a key, so a bad key is a bug and no bad request."""
    if not _ALLOWED.fullmatch(text):
        raise ValueError("a key is 1 to 255 printable ASCII characters without blanks and / \\ # ? | % ' \"")
    return text


def record_row(key: str) -> str:
    return f"r|{check_part(key)}"


def index_row(entry: IndexEntry, key: str) -> str:
    name, order = entry
    return f"{index_prefix(name)}{check_part(order)}|{check_part(key)}"


def index_rows(entries: Iterable[IndexEntry], key: str) -> frozenset[str]:
    return frozenset(index_row(entry, key) for entry in entries)


def index_prefix(name: str) -> str:
    """Where the rows of an index begin; without a name, those of the records themselves."""
    return f"i|{check_part(name)}|" if name else "r|"


def after_all(prefix: str) -> str:
    """The first row key behind every one that begins so."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)
