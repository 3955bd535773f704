"""Sign-in at the EWS face: Basic or a token with every request, NTLM once for each TCP connection."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import spnego
from aiohttp import web
from spnego.exceptions import SpnegoError

from local.entra.tokens import InvalidToken
from local.exchange.machinery import Machinery
from local.exchange.store import Mailbox

_NTLM_LOCK = threading.Lock()  # pyspnego reads its passwords from a file that the process's environment names


_AUDIENCE = "https://outlook.office365.com"
_PERSONS, _APPLICATIONS = "EWS.AccessAsUser.All", "full_access_as_app"


@dataclass(frozen=True)
class NotSignedIn:
    """What the 401 says: `challenges` are values of WWW-Authenticate. 403 where a token is good and not enough."""

    challenges: tuple[str, ...]
    status: int = 401
    diagnostics: str = ""


@dataclass(frozen=True)
class Application:
    """Signed in as itself: it has no mailbox, and works in those that it impersonates."""

    client_id: str

    @property
    def address(self) -> str:
        """As counts and faults name it."""
        return self.client_id


User = Mailbox | Application


class Authentication:
    """Knows no session: what it remembers belongs to a TCP connection and ends with it."""

    def __init__(self, machinery: Machinery) -> None:
        self._machinery = machinery
        self._names = {"ntlm": "NTLM", "basic": 'Basic realm="localhost"'}
        self._offers = tuple(self._names[scheme] for scheme in machinery.options.schemes)
        self._negotiating: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
        self._signed_in: WeakKeyDictionary[Any, Mailbox] = WeakKeyDictionary()

    def who(self, request: web.Request) -> User | NotSignedIn:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        scheme = scheme.lower()
        if scheme == "bearer":
            return self._bearer(token.strip())
        if scheme not in self._machinery.options.schemes:
            known = self._signed_in.get(request.transport) if not scheme and request.transport is not None else None
            return known if known is not None else NotSignedIn(self._offers)
        return self._basic(token) if scheme == "basic" else self._ntlm(request.transport, token)

    def _basic(self, token: str) -> Mailbox | NotSignedIn:
        try:
            name, _, password = base64.b64decode(token).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return NotSignedIn(self._offers)
        mailbox = self._mailbox(name)
        accepted = mailbox is not None and hmac.compare_digest(mailbox.password.encode(), password.encode())
        self._machinery.seen.login(mailbox.address if mailbox else name, accepted=accepted)
        return mailbox if mailbox is not None and accepted else NotSignedIn(self._offers)

    def _bearer(self, token: str) -> User | NotSignedIn:
        try:
            claims = self._machinery.trust.tokens.verify(token, _AUDIENCE)
        except InvalidToken:
            return NotSignedIn(('Bearer client_id="00000002-0000-0ff1-ce00-000000000000", error="invalid_token"',))
        by_person = "scp" in claims
        granted = str(claims.get("scp", "")).split() if by_person else claims.get("roles", ())
        if (_PERSONS if by_person else _APPLICATIONS) not in granted:
            reason = (
                '2000008;reason="The token contains not enough scope to make this call.";error_category="invalid_grant"'
            )
            return NotSignedIn((), 403, reason)
        if not by_person:
            return Application(str(claims.get("appid", "")))
        return self._mailbox(str(claims.get("upn", ""))) or NotSignedIn((), 403)

    def _mailbox(self, name: str) -> Mailbox | None:
        """By address, or by company and user name with a backslash between."""
        domain, separator, user = name.partition("\\")
        if not separator:
            return self._machinery.store.find_mailbox(name)
        return next(
            (
                found
                for found in self._machinery.store.mailboxes.values()
                if _windows_name(found) == f"{domain}\\{user}".casefold()
            ),
            None,
        )

    def _ntlm(self, connection: Any, token: str) -> Mailbox | NotSignedIn:
        try:
            message = base64.b64decode(token)
        except binascii.Error:
            return NotSignedIn(self._offers)
        is_first = message[8:12] == b"\x01\x00\x00\x00"
        try:
            with _passwords(self._machinery):
                if is_first:
                    self._negotiating[connection] = spnego.server(hostname="localhost", service="HTTP", protocol="ntlm")
                context = self._negotiating.get(connection)
                if context is None:
                    return NotSignedIn(self._offers)
                answer = context.step(message)
        except SpnegoError:
            return self._refused(connection, message)
        if not context.complete:
            return NotSignedIn((f"NTLM {base64.b64encode(answer or b'').decode()}",))
        return self._accepted(connection, context.client_principal)

    def _accepted(self, connection: Any, principal: str) -> Mailbox | NotSignedIn:
        self._negotiating.pop(connection, None)
        mailbox = self._mailbox(principal)
        if mailbox is None:
            return NotSignedIn(self._offers)
        self._machinery.seen.login(mailbox.address, accepted=True)
        self._signed_in[connection] = mailbox
        return mailbox

    def _refused(self, connection: Any, message: bytes) -> NotSignedIn:
        self._negotiating.pop(connection, None)
        self._signed_in.pop(connection, None)
        name = _named_in(message)
        mailbox = self._mailbox(name)
        self._machinery.seen.login(mailbox.address if mailbox else name, accepted=False)
        return NotSignedIn(self._offers)


def _windows_name(mailbox: Mailbox) -> str:
    user, _, domain = mailbox.address.casefold().partition("@")
    return f"{domain.partition('.')[0]}\\{user}"


def _named_in(message: bytes) -> str:
    """The account in an AUTHENTICATE message ([MS-NLMP] 2.2.1.3): domain at offset 28, user name at offset 36."""
    try:
        domain, user = (_field(message, at) for at in (28, 36))
    except (IndexError, UnicodeDecodeError):
        return ""
    return f"{domain}\\{user}" if domain else user


def _field(message: bytes, at: int) -> str:
    length, start = int.from_bytes(message[at : at + 2], "little"), int.from_bytes(message[at + 4 : at + 8], "little")
    return message[start : start + length].decode("utf-16-le")


@contextmanager
def _passwords(machinery: Machinery) -> Iterator[None]:
    with _NTLM_LOCK, tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "users"
        file.write_text("".join(_lines(machinery)), encoding="utf-8")
        before = os.environ.get("NTLM_USER_FILE")
        os.environ["NTLM_USER_FILE"] = str(file)
        try:
            yield
        finally:
            if before is None:
                del os.environ["NTLM_USER_FILE"]
            else:
                os.environ["NTLM_USER_FILE"] = before


def _lines(machinery: Machinery) -> Iterator[str]:
    for mailbox in machinery.store.mailboxes.values():
        domain, _, user = _windows_name(mailbox).partition("\\")
        yield f":{mailbox.address}:{mailbox.password}\n{domain.upper()}:{user}:{mailbox.password}\n"
