"""A file too large for one request, by upload session: read and sent in pieces, resumed where Exchange stopped taking."""

from typing import BinaryIO

from shared.domain.mail import OutgoingAttachment
from shared.errors import NotNow, Unanswered
from shared.exchange.graph.outgoing import attachment_item
from shared.exchange.graph.verdicts import verdict
from shared.exchange.graph.wire import Wire, segment
from shared.network.session import VettedSession
from shared.telemetry import step

_PIECE = 10 * 320 * 1024
"""Bytes; below the 4 MB of a range, https://learn.microsoft.com/graph/outlook-large-attachments."""
_BREAKS = 3
_FAILED, _DONE = 400, 201


def upload(wire: Wire, session: VettedSession, draft_id: str, file: OutgoingAttachment) -> None:
    """``session`` sends no token: the address of an upload is its own permission."""
    path = f"/messages/{segment(draft_id)}/attachments/createUploadSession"
    url = wire.ask("POST", path, json=attachment_item(file)).json()["uploadUrl"]
    start, breaks = 0, 0
    with file.open() as stream:
        while start < file.size:
            try:
                start = _piece(session, url, stream, start, file.size)
            except NotNow:
                breaks += 1
                if breaks > _BREAKS:
                    raise
                start = _expected(session, url)


def _piece(session: VettedSession, url: str, stream: BinaryIO, start: int, size: int) -> int:
    """Where to go on."""
    stream.seek(start)
    data = stream.read(min(_PIECE, size - start))
    end = start + len(data)
    headers = {"Content-Range": f"bytes {start}-{end - 1}/{size}", "Content-Type": "application/octet-stream"}
    with step("Graph PUT upload session"):
        answer = session.request("PUT", url, data=data, headers=headers)
    if answer.status_code >= _FAILED:
        raise verdict(answer.status_code, None, answer.headers)
    return end


def _expected(session: VettedSession, url: str) -> int:
    answer = session.request("GET", url)
    if answer.status_code >= _FAILED:
        raise Unanswered("server_busy", "The upload of an attachment broke off.")
    ranges = answer.json().get("nextExpectedRanges") or ["0"]
    return int(str(ranges[0]).partition("-")[0])
