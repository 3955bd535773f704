"""One long base64 text out of an answer, decoded piece by piece: a 40 MB attachment never exists as a whole in memory."""

from base64 import b64decode
from collections.abc import Iterator
from typing import Any

from urllib3 import BaseHTTPResponse

from shared.exchange.ews.answer import forgiving_parser, whole_answer


class StreamedText:
    """``code`` is the ResponseCode once the answer has been read that far; ``found`` whether one of the elements came."""

    def __init__(self, *elements: str) -> None:
        self._elements = elements
        self._inside = ""
        self._text: list[str] = []
        self._rest = ""
        self._code: list[str] = []
        self.found = False

    @property
    def code(self) -> str:
        return "".join(self._code).strip()

    def read(self, response: BaseHTTPResponse) -> Iterator[bytes]:
        """Raises Unanswered when the answer ends too early."""
        parser = forgiving_parser(self)
        for piece in whole_answer(response):
            parser.feed(piece)
            yield from self._decoded()
        parser.close()
        yield from self._decoded(last=True)

    def _decoded(self, *, last: bool = False) -> Iterator[bytes]:
        text = self._rest + "".join("".join(self._text).split())
        self._text.clear()
        whole = len(text) if last else len(text) - len(text) % 4
        self._rest = text[whole:]
        if whole:
            yield b64decode(text[:whole])

    # what the parser calls
    def start(self, tag: str, _: Any) -> None:
        local = tag.rpartition("}")[2]
        if local in self._elements and not self.found:
            self.found, self._inside = True, local
        elif local == "ResponseCode" or (local == "faultcode" and not self._code):
            self._code, self._inside = [], "code"

    def end(self, _: str) -> None:
        self._inside = ""

    def data(self, text: str) -> None:
        if self._inside == "code":
            self._code.append(text)
        elif self._inside:
            self._text.append(text)

    def close(self) -> None:
        """The parser's end is of no interest: whether the answer was whole is judged by its bytes."""
