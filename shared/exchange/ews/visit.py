"""One visit to one mailbox: whose it is, which version the server speaks, and one question answered at a time."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from exchangelib.errors import ErrorServerBusy, EWSError
from exchangelib.services.common import EWSAccountService
from exchangelib.util import ANS, SOAPNS, TNS, xml_to_str
from exchangelib.version import Build, Version
from urllib3 import BaseHTTPResponse

from shared.errors import ConnectorError
from shared.exchange.ews import verdicts
from shared.exchange.ews.answer import read_answer
from shared.exchange.ews.markup import FolderRef, element
from shared.exchange.ews.request_body import Placeholders
from shared.exchange.ews.surprise import EwsSurprise
from shared.exchange.ews.wire import Wire
from shared.telemetry import step

_NEWEST, _USUAL, _OLDEST = "Exchange2016", "Exchange2013_SP1", "Exchange2010_SP2"
_WRONG_VERSION = {
    "ErrorInvalidServerVersion",
    "ErrorIncorrectSchemaVersion",
    "ErrorInvalidSchemaVersionForMailboxVersion",
}


class Visit:
    """Stands where exchangelib's services expect an Account with its Protocol.

    ``mailbox`` is empty for the account's own; ``impersonated``: the account acts as the mailbox's owner.
    """

    def __init__(
        self, wire: Wire, mailbox: str, *, impersonated: bool, build: str | None, api_version: str | None
    ) -> None:
        self.wire = wire
        self.mailbox = mailbox
        self.impersonated = impersonated
        self.build = build
        self.api_version = api_version
        self.protocol = self

    @property
    def version(self) -> Version:
        """What exchangelib's services ask for; never guessed by a request."""
        numbers = [int(part) for part in (self.build or "15.0.847.0").split(".")]
        return Version(build=Build(*numbers), api_version=self.api_version or _USUAL)

    def folder(self, name: str) -> FolderRef:
        """A folder that every mailbox has, of the mailbox of this visit."""
        return FolderRef(name, is_distinguished=True, mailbox="" if self.impersonated else self.mailbox)

    def ask(self, service: EWSAccountService, payload: Any, files: Placeholders | None = None) -> list[Any]:
        """The response messages. Raises the verdicts, EwsSurprise."""
        for api_version in self._versions():
            try:
                return self._ask(service, payload, files or Placeholders(), api_version)
            except EWSError as exc:
                if type(exc).__name__ not in _WRONG_VERSION or api_version == _OLDEST:
                    raise verdict(exc, service.SERVICE_NAME) from None
        raise AssertionError("the oldest version is the last one")

    def stream(self, service: EWSAccountService, payload: Any) -> "Streaming":
        """The answer as it comes, for what is too large to be held."""
        return Streaming(self, service.SERVICE_NAME, self._envelope(payload, self.api_version or _USUAL))

    def headers(self) -> dict[str, str]:
        """X-AnchorMailbox leads to the right back end: learn.microsoft.com, EWS and affinity."""
        return {"X-AnchorMailbox": self.mailbox} if self.mailbox else {}

    def _versions(self) -> tuple[str, ...]:
        return (self.api_version,) if self.api_version == _OLDEST else (self.api_version or _USUAL, _OLDEST)

    def _ask(self, service: EWSAccountService, payload: Any, files: Placeholders, api_version: str) -> list[Any]:
        request = files.fill(self._envelope(payload, api_version))
        with self.wire.post(request, self.headers()) as response:
            root = read_answer(response)
        body = root.find(f"{{{SOAPNS}}}Body") if root is not None else None
        if body is None:
            raise EwsSurprise("no SOAP", service.SERVICE_NAME)
        self._learn(root.find(f"{{{SOAPNS}}}Header"), api_version)
        return list(service._get_soap_messages(body))  # noqa: SLF001 - the seam between exchangelib's transport and its services

    def _learn(self, header: Any, api_version: str) -> None:
        info = None if header is None else header.find(f"{{{TNS}}}ServerVersionInfo")
        if header is not None and info is None:
            info = header.find(f"{{{ANS}}}ServerVersionInfo")
        if info is None:
            return
        build = Build.from_xml(info)
        self.build = str(build)
        self.api_version = _spoken(build) if api_version != _OLDEST else _OLDEST

    def _envelope(self, payload: Any, api_version: str) -> bytes:
        header = element("s:Header", element("t:RequestServerVersion", Version=api_version), self._impersonation())
        envelope = element("s:Envelope", header, element("s:Body", payload))
        return bytes(xml_to_str(envelope, encoding="utf-8", xml_declaration=True))

    def _impersonation(self) -> Any | None:
        if not (self.impersonated and self.mailbox):
            return None
        owner = element("t:PrimarySmtpAddress", text=self.mailbox)
        return element("t:ExchangeImpersonation", element("t:ConnectingSID", owner))


class Streaming:
    """A request whose answer is read piece by piece."""

    def __init__(self, visit: Visit, operation: str, envelope: bytes) -> None:
        self._visit = visit
        self._envelope = envelope
        self.operation = operation

    def responses(self) -> Iterator[BaseHTTPResponse]:
        """The one answer, its connection given back afterwards."""
        request = Placeholders().fill(self._envelope)
        with step(f"EWS {self.operation}"), self._visit.wire.post(request, self._visit.headers()) as response:
            yield response


def verdict(exc: EWSError, operation: str) -> ConnectorError:
    """By the name of exchangelib's exception, which is the ResponseCode; its text stays inside: it may quote the mail."""
    back_off = exc.back_off if isinstance(exc, ErrorServerBusy) else None
    wait = timedelta(seconds=back_off) if back_off else None
    return verdicts.of_code(type(exc).__name__, operation, wait)


def _spoken(build: Build) -> str:
    """The version to ask for: Exchange 2016 and newer know links as attachments, 2013 SP1 the suppression of read receipts."""
    if build >= Build(15, 1):
        return _NEWEST
    return _USUAL if build >= Build(15, 0, 847) else _OLDEST
