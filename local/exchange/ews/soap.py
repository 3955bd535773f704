"""The SOAP frame: envelopes, faults as Exchange writes them, and the header of a request."""

from __future__ import annotations

from typing import NamedTuple

from lxml import etree

from local.exchange.ews.markup import Element, children, find, name_of, text, text_of
from local.exchange.store import Refused

_SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
_TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
_MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
_ERRORS = "http://schemas.microsoft.com/exchange/services/2006/errors"
_VERSIONS = frozenset(
    [
        "Exchange2007",
        "Exchange2007_SP1",
        "Exchange2009",
        "Exchange2010",
        "Exchange2010_SP1",
        "Exchange2010_SP2",
        "Exchange2012",
        "Exchange2013",
        "Exchange2013_SP1",
        "Exchange2015",
        "Exchange2016",
    ]
)
BUSY = "The server cannot service this request right now. Try again later."


class SoapFault(Exception):
    """A request that is refused as a whole, with HTTP 500."""

    def __init__(self, code: str, message: str, values: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.values = values or {}


class Request(NamedTuple):
    """`impersonated`: the SMTP address in ExchangeImpersonation; `zone`: of TimeZoneContext."""

    operation: str
    body: Element
    impersonated: str | None
    zone: str


def parse(raw: bytes) -> Request:
    """Raises SoapFault for what is no EWS request at all."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True)
    try:
        envelope = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as unreadable:
        raise violation(str(unreadable)) from None
    body = envelope.find(f"{_SOAP}Body") if envelope.tag == f"{_SOAP}Envelope" else None
    operation = next(children(body), None)
    if operation is None:
        raise violation("The request failed schema validation: The SOAP body is missing or empty.")
    header = envelope.find(f"{_SOAP}Header")
    _check_version(header)
    return Request(name_of(operation), operation, _impersonated(header), _zone(header))


def _check_version(header: Element | None) -> None:
    wanted = find(header, "RequestServerVersion") if header is not None else None
    version = wanted.get("Version", "") if wanted is not None else "Exchange2007"
    if version not in _VERSIONS and not version.startswith("V201"):
        raise SoapFault("ErrorInvalidServerVersion", "The specified server version is invalid.")


def _zone(header: Element | None) -> str:
    context = find(header, "TimeZoneContext") if header is not None else None
    definition = next(children(context), None)
    return (definition.get("Id") if definition is not None else None) or "UTC"


def _impersonated(header: Element | None) -> str | None:
    impersonation = find(header, "ExchangeImpersonation") if header is not None else None
    sid = find(impersonation, "ConnectingSID") if impersonation is not None else None
    if sid is None:
        return None
    named = next(children(sid), None)
    return text_of(named).strip()


def mailboxes_of(request: Request) -> set[str]:
    """Whose mailboxes the request names, apart from the account's own: impersonated, or by a distinguished folder in it."""
    named = (
        text_of(find(mailbox, "EmailAddress")).strip()
        for folder in request.body.iter(f"{{{_TYPES}}}DistinguishedFolderId")
        for mailbox in children(folder)
    )
    return {*named, request.impersonated or ""} - {""}


def violation(message: str, at: Element | None = None) -> SoapFault:
    """`at`: the element that is wrong."""
    line = at.sourceline if at is not None else 0
    if not message.startswith("The request failed schema validation"):
        message = f"The request failed schema validation: {message}"
    values = {"LineNumber": str(line), "LinePosition": "2", "Violation": message.partition(": ")[2]}
    return SoapFault("ErrorSchemaValidation", message, values)


def whole_number(written: str, at: Element) -> int:
    """Raises SoapFault for anything but a number that is not negative."""
    if not written.strip().isdigit():
        raise violation(f"The '{name_of(at)}' element is invalid - The value '{written}' is invalid.", at)
    return int(written)


def envelope(inner: str, build: tuple[int, int, int, int]) -> bytes:
    major, minor, major_build, minor_build = build
    return (
        '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>'
        f'<h:ServerVersionInfo MajorVersion="{major}" MinorVersion="{minor}" MajorBuildNumber="{major_build}" '
        f'MinorBuildNumber="{minor_build}" Version="V2017_07_11" xmlns:h="{_TYPES}"/></s:Header>'
        f'<s:Body xmlns:m="{_MESSAGES}" xmlns:t="{_TYPES}">{inner}</s:Body></s:Envelope>'
    ).encode()


def fault(refusal: SoapFault | Refused) -> bytes:
    """[MS-OXWSCORE]'s fault detail: ResponseCode, Message, and MessageXml where there are values."""
    values = refusal.values if isinstance(refusal, SoapFault) else {}
    named = "".join(f'<t:Value Name="{name}">{text(value)}</t:Value>' for name, value in values.items())
    more = f'<t:MessageXml xmlns:t="{_TYPES}">{named}</t:MessageXml>' if named else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
        f'<faultcode xmlns:a="{_TYPES}">a:{refusal.code}</faultcode><faultstring xml:lang="en-US">{text(refusal.message)}</faultstring>'
        f'<detail><e:ResponseCode xmlns:e="{_ERRORS}">{refusal.code}</e:ResponseCode>'
        f'<e:Message xmlns:e="{_ERRORS}">{text(refusal.message)}</e:Message>{more}</detail></s:Fault></s:Body></s:Envelope>'
    ).encode()
