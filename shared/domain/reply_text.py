"""What a person wrote in a reply: the text above quotations and signature, whichever program wrote the mail."""

import re
from html.parser import HTMLParser

from shared.domain.mail import Body

_BREAKS = frozenset({"br", "p", "div", "li", "tr", "td", "h1", "h2", "h3", "ul", "ol", "table", "hr", "pre"})
_SILENT = frozenset({"head", "style", "script", "title"})
_QUOTED_IDS = frozenset({"appendonsend", "divrplyfwdmsg", "mail-editor-reference-message-container", "signature"})
_QUOTED_CLASSES = frozenset(
    {"gmail_quote", "gmail_signature", "yahoo_quoted", "moz-cite-prefix", "moz-signature", "outlookmessageheader"}
)
_END = re.compile(
    r"""^(
        --\s?$ | _{10,}$ | >.*                                # signature, Outlook's rule, quotation
      | -{2,}\s?(original|urspr|forwarded|weitergeleitete).*  # -----Original Message-----
      | (on|am)\s.{4,200}(wrote|schrieb).*:$                  # On Monday ... Kim wrote:
      | (from|von)\s?:\s.*                                    # the head of what is answered
      | (sent\s+from|gesendet\s+von|get\s+outlook|sent\s+via)\s.*
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_INVISIBLE = re.compile(r"[\u200b-\u200f\u2060\ufeff\u00ad]")


def written_lines(body: Body) -> list[str]:
    """The lines without surrounding space, empty ones left out, up to the first quotation or signature."""
    text = _text_of(body.content) if body.content_type == "html" else body.content
    lines: list[str] = []
    for line in _INVISIBLE.sub("", text).replace("\u00a0", " ").splitlines():
        clean = " ".join(line.split())
        if _END.match(clean):
            break
        if clean:
            lines.append(clean)
    return lines


def _text_of(html: str) -> str:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "".join(reader.text)


class _Reader(HTMLParser):
    """Text with line breaks; ends where a mail program marks what it quotes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self._silent = 0
        self._over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        if tag == "blockquote" or _is_quotation(dict(attrs)):
            self._over = True
        if tag in _BREAKS:
            self._write("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        if tag in _BREAKS:
            self._write("\n")

    def handle_data(self, data: str) -> None:
        """Line breaks of the source are spaces."""
        self._write(re.sub(r"[ \t\r\n]+", " ", data))

    def _write(self, text: str) -> None:
        if not self._silent and not self._over:
            self.text.append(text)


def _is_quotation(attributes: dict[str, str | None]) -> bool:
    classes = set((attributes.get("class") or "").lower().split())
    name = (attributes.get("id") or "").lower().removeprefix("x_")
    return bool(classes & _QUOTED_CLASSES) or name in _QUOTED_IDS
