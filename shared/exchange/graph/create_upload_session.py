"""attachment: createUploadSession, https://learn.microsoft.com/graph/outlook-large-attachments: a file of 3 MB and more in pieces.

After a break it goes on where Exchange stopped taking; a session that is gone is begun anew.
"""

from typing import Any, BinaryIO

from shared.domain.mail import OutgoingAttachment
from shared.errors import NotNow, Unanswered
from shared.exchange.graph.outgoing import attachment_item
from shared.exchange.graph.verdicts import Standing, verdict
from shared.exchange.graph.wire import Step, Wire
from shared.network.session import VettedSession
from shared.telemetry import step

FROM = 3 * 1024 * 1024
"""Bytes of a file; smaller ones are refused here."""
_PIECE = 10 * 320 * 1024
"""Bytes; below the 4 MB that a piece may have."""
_BREAKS = 3
_FAILED, _NOT_FOUND, _GONE, _WRONG_RANGE, _TOO_MANY = 400, 404, 410, 416, 429


class _Broken(Exception):
    """The piece may have arrived or not: the session knows."""

    def __init__(self, why: NotNow) -> None:
        super().__init__(why.code)
        self.why = why


def upload(wire: Wire, session: VettedSession, item: str, file: OutgoingAttachment) -> None:
    """``session`` sends no token: the address of an upload is its own permission. Raises the verdicts."""
    url, start, breaks = _begin(wire, item, file), 0, 0
    with file.open() as stream:
        while start < file.size:
            try:
                start = _piece(session, url, stream, start, file.size)
                continue
            except _Broken as broken:
                breaks += 1
                if breaks > _BREAKS:
                    raise broken.why from broken
            known = _expected(session, url)
            if known is None:
                url = _begin(wire, item, file)
            start = known or 0


def _begin(wire: Wire, item: str, file: OutgoingAttachment) -> str:
    path = f"{item}/attachments/createUploadSession"
    url: str = wire.do(Step("POST", path, attachment_item(file)))["uploadUrl"]
    return url


def _piece(session: VettedSession, url: str, stream: BinaryIO, start: int, size: int) -> int:
    """Where to go on. Raises _Broken, the verdicts."""
    stream.seek(start)
    data = stream.read(min(_PIECE, size - start))
    end = start + len(data)
    headers = {"Content-Range": f"bytes {start}-{end - 1}/{size}", "Content-Type": "application/octet-stream"}
    try:
        with step("Graph PUT upload session"):
            answer = session.request("PUT", url, data=data, headers=headers)
    except Unanswered as lost:
        raise _Broken(lost) from lost
    if answer.status_code in {_NOT_FOUND, _GONE, _WRONG_RANGE}:
        raise _Broken(NotNow("server_busy", "Exchange Online lost the upload of an attachment."))
    if answer.status_code >= _FAILED:
        error: Any = verdict(answer.status_code, None, answer.headers, need="Mail.ReadWrite", standing=Standing.PERSON)
        raise _Broken(error) if isinstance(error, Unanswered) else error
    return end


def _expected(session: VettedSession, url: str) -> int | None:
    """The next byte that the session wants; None where it is no more."""
    answer = session.request("GET", url)
    if answer.status_code >= _FAILED:
        return None
    ranges = answer.json().get("nextExpectedRanges") or ["0"]
    return int(str(ranges[0]).partition("-")[0])
