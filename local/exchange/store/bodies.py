"""Plain text from HTML and HTML from plain text, as far as a reader of the other kind needs it."""

from __future__ import annotations

import html
import re

from local.exchange.store.item import Body

_INVISIBLE = re.compile(r"(?is)<(script|style|head)\b.*?</\1\s*>|<!--.*?-->")
_BREAK = re.compile(r"(?i)<br\s*/?>|</(p|div|tr|li|h[1-6])\s*>")
_TAG = re.compile(r"(?s)<[^>]*>")


def as_text(body: Body) -> str:
    if body.kind == "Text":
        return body.content
    visible = _INVISIBLE.sub("", body.content)
    return html.unescape(_TAG.sub("", _BREAK.sub("\r\n", visible)))


def as_html(body: Body) -> str:
    if body.kind == "HTML":
        return body.content
    lines = html.escape(body.content, quote=False).replace("\r\n", "\n").replace("\n", "<br>\r\n")
    return (
        '<html><head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head>'
        f'<body><div class="PlainText">{lines}</div></body></html>'
    )


def convert(body: Body, kind: str) -> Body:
    """`kind`: Text, HTML, or Best (as it is stored)."""
    if kind == "Text":
        return Body("Text", as_text(body))
    if kind == "HTML":
        return Body("HTML", as_html(body))
    return body
