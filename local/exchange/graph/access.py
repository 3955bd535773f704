"""Who asks, by bearer token, and what he may do to which mailbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from local.entra.directory import object_id
from local.entra.tokens import InvalidToken
from local.exchange.graph.refusal import GraphRefused
from local.exchange.machinery import Machinery
from local.exchange.store import Mailbox, Store

AUDIENCE = "https://graph.microsoft.com"
Need = Literal["user", "read", "write", "send", "calendars.read", "calendars.write"]
_PERMISSIONS: dict[Need, frozenset[str]] = {
    "user": frozenset({"User.Read", "User.Read.All", "Mail.Read", "Mail.ReadWrite"}),
    "read": frozenset({"Mail.Read", "Mail.ReadWrite"}),
    "write": frozenset({"Mail.ReadWrite"}),
    "send": frozenset({"Mail.Send"}),
    "calendars.read": frozenset({"Calendars.Read", "Calendars.ReadWrite"}),
    "calendars.write": frozenset({"Calendars.ReadWrite"}),
}


@dataclass(frozen=True)
class Caller:
    """`user` is None for an application that signed in as itself; `account` is a person's address or an app's client id."""

    account: str
    user: Mailbox | None
    permissions: frozenset[str]


def caller_of(authorization: str, machinery: Machinery) -> Caller:
    """Raises GraphRefused 401."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _unauthorized("Access token is empty.")
    try:
        claims = machinery.trust.tokens.verify(token.strip(), AUDIENCE)
    except InvalidToken as wrong:
        expired = "expired" in str(wrong)
        raise _unauthorized(
            "Lifetime validation failed, the token is expired." if expired else "Access token validation failure."
        ) from None
    if "scp" not in claims:
        return Caller(str(claims.get("appid", "")), None, frozenset(claims.get("roles", ())))
    address = str(claims.get("upn", ""))
    return Caller(address, machinery.store.find_mailbox(address), frozenset(str(claims["scp"]).split()))


def _unauthorized(message: str) -> GraphRefused:
    challenge = 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"'
    return GraphRefused(401, "InvalidAuthenticationToken", message, {"WWW-Authenticate": challenge})


def mailbox_of(segments: list[str], caller: Caller, store: Store) -> tuple[Mailbox, list[str]]:
    """The mailbox that `/me/…` or `/users/{id|upn}/…` means, and the rest of the path. Raises GraphRefused."""
    if segments[:1] == ["me"]:
        if caller.user is None and "@" not in caller.account:
            raise GraphRefused(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
        return caller.user or _of(caller.account, store), segments[1:]
    if segments[:1] == ["users"] and len(segments) > 1:
        return _of(segments[1], store), segments[2:]
    raise GraphRefused(400, "BadRequest", f"Resource not found for the segment '{'/'.join(segments[:1])}'.")


def _of(name: str, store: Store) -> Mailbox:
    found = store.find_mailbox(name) or next(
        (one for one in tuple(store.mailboxes.values()) if object_id(one.address) == name.lower()), None
    )
    if found is None:
        raise GraphRefused(404, "ErrorInvalidUser", f"The requested user '{name}' is invalid.")
    return found


def require(need: Need, caller: Caller, mailbox: Mailbox, machinery: Machinery) -> None:
    """Raises GraphRefused 403: the permission in the token or by RBAC for Applications, and the rights in a mailbox of somebody else."""
    if caller.user is None and mailbox.address in machinery.trust.applications.get(caller.account, ()):
        return
    wanted = _PERMISSIONS[need]
    shared = {f"{name}.Shared" for name in wanted}
    if not caller.permissions & (wanted | shared):
        raise GraphRefused(403, "ErrorAccessDenied")
    if caller.user is None or mailbox is caller.user or need == "user":
        return
    rights = mailbox.rights.get(caller.user.address.casefold())
    if rights is None or (need == "send" and not caller.permissions & shared):
        raise GraphRefused(403, "ErrorAccessDenied")
    if not rights.full_access and need != "send":
        raise GraphRefused(403, "ErrorAccessDenied")
