"""ConvertId: this server's ids are the same in every format, written in the alphabet of the one asked for."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from local.exchange.ews.answer import each
from local.exchange.ews.markup import Element, children, find, name_of, text
from local.exchange.ews.session import Session
from local.exchange.store import Refused, ids

_FORMATS = {"EwsLegacyId", "EwsId", "EntryId", "HexEntryId", "StoreId", "OwaId"}
_TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"


def convert_id(request: Element, session: Session) -> Iterator[str]:
    wanted = request.get("DestinationFormat", "")

    def answer(element: Element) -> str:
        if name_of(element) != "AlternateId" or wanted not in _FORMATS:
            raise Refused("ErrorUnsupportedTypeForConversion", "The id type is not supported for conversion.")
        mailbox = session.store.mailbox(element.get("Mailbox", ""))
        raw = _raw(element.get("Id", ""), element.get("Format", ""))
        return (
            f'<m:AlternateId xsi:type="t:AlternateIdType" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            f'Format="{wanted}" Id="{_written(raw, wanted)}" Mailbox="{text(mailbox.address)}"/>'
        )

    return each("ConvertId", children(find(request, "SourceIds")), answer)


def _raw(written: str, kind: str) -> bytes:
    if kind == "HexEntryId":
        try:
            return bytes.fromhex(written)
        except ValueError:
            raise Refused("ErrorInvalidIdMalformed", "Id is malformed.") from None
    ids.decode(written)
    return base64.urlsafe_b64decode(written.translate(str.maketrans("+/", "-_")))


def _written(raw: bytes, kind: str) -> str:
    if kind == "HexEntryId":
        return raw.hex().upper()
    return (base64.urlsafe_b64encode(raw) if kind == "OwaId" else base64.b64encode(raw)).decode()
