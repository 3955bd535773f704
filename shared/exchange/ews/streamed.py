"""One long base64 text out of an answer, decoded piece by piece: a 40 MB attachment never exists as a whole in memory."""

from base64 import b64decode
from collections.abc import Iterator
from xml.parsers import expat

from urllib3 import BaseHTTPResponse

from shared.errors import Unanswered

_PIECE = 64 * 1024


class StreamedText:
    """``code`` is the ResponseCode once the answer has been read that far; ``found`` whether one of the elements came."""

    def __init__(self, *elements: str) -> None:
        self._elements = elements
        self._inside = ""
        self._text: list[str] = []
        self._rest = ""
        self._is_complete = False
        self._code: list[str] = []
        self.found = False
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._refuse

    @property
    def code(self) -> str:
        return "".join(self._code).strip()

    def read(self, response: BaseHTTPResponse) -> Iterator[bytes]:
        """Raises Unanswered when the answer ends too early."""
        try:
            for piece in response.stream(_PIECE, decode_content=True):
                self._parser.Parse(piece)
                yield from self._decoded()
            self._parser.Parse(b"", True)
        except expat.ExpatError as exc:
            raise Unanswered("server_busy", "The server's answer was cut off or is no XML.") from exc
        yield from self._decoded(last=True)

    def _decoded(self, *, last: bool = False) -> Iterator[bytes]:
        text = self._rest + "".join("".join(self._text).split())
        self._text.clear()
        whole = len(text) if last else len(text) - len(text) % 4
        self._rest = text[whole:]
        if whole:
            yield b64decode(text[:whole])

    def _start(self, name: str, _: object) -> None:
        local = name.rpartition(" ")[2]
        if local in self._elements and not self.found:
            self.found, self._inside = True, local
        elif local in {"ResponseCode", "faultcode"} and not self._code:
            self._inside = "code"

    def _end(self, _: str) -> None:
        self._inside = ""

    def _characters(self, text: str) -> None:
        if self._inside == "code":
            self._code.append(text)
        elif self._inside:
            self._text.append(text)

    def _refuse(self, *_: object) -> None:
        raise expat.ExpatError("a document type is no part of SOAP")
