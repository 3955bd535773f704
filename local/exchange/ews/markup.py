"""XML in and out: namespaces, names without them, and text that is safe to write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from lxml import etree

from local.exchange.store.properties import instant

M = "{http://schemas.microsoft.com/exchange/services/2006/messages}"
T = "{http://schemas.microsoft.com/exchange/services/2006/types}"

_UNSAFE = re.compile('[&<>"\r\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]')
_SAFE = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#xD;"}

Element = etree._Element  # noqa: SLF001 - lxml has no public name for its element's type


def text(value: str) -> str:
    """Escaped; what XML 1.0 cannot hold becomes a question mark."""
    return _UNSAFE.sub(lambda found: _SAFE.get(found[0], "?"), value) if _UNSAFE.search(value) else value


def tag(name: str, value: str) -> str:
    """`<t:name>value</t:name>` with the value escaped."""
    return f"<t:{name}>{text(value)}</t:{name}>"


def wrap(name: str, inner: str) -> str:
    return f"<t:{name}>{inner}</t:{name}>"


def boolean(value: object) -> str:
    return "true" if value else "false"


def moment(value: datetime) -> str:
    return instant(value)


def name_of(element: Element) -> str:
    """Without the namespace."""
    return str(element.tag).rpartition("}")[2]


def children(element: Element | None) -> Iterator[Element]:
    """Elements only: no comments, no processing instructions."""
    if element is not None:
        yield from (child for child in element if isinstance(child.tag, str))


def find(element: Element, name: str) -> Element | None:
    """The first child of this name, whichever of the two namespaces it is in."""
    return next((child for child in children(element) if name_of(child) == name), None)


def text_of(element: Element | None) -> str:
    return "" if element is None else element.text or ""


def is_true(value: str | None) -> bool:
    return (value or "").strip() in {"true", "1"}
