"""The fields of the connection form and the document that they make: what belongs to another type or way of signing in is left out."""

from typing import Any

from shared.triggers.pages.form import Sent

SECRETS = ("password", "clientSecret", "certificate", "certificatePassword")
NAMES = (
    "displayName",
    "type",
    "authentication",
    "url",
    "username",
    *SECRETS,
    "clientId",
    "tenantId",
    "mailbox",
    "authorizedPersons",
    "api",
    "impersonate",
)
_SECRETS_OF = {"password": SECRETS[:1], "clientSecret": SECRETS[1:2], "certificate": SECRETS[2:]}
_BOUND = ("displayName", "url", "mailbox")


def document(sent: Sent) -> dict[str, Any]:
    """As ``POST …/connections`` takes it."""
    online = sent.text("type") == "exchangeOnline"
    authentication = (sent.text("authentication") or "password") if online else "password"
    wanted = [*_BOUND, *(["username"] if authentication == "password" else [])]
    if online:
        wanted += ["clientId", "tenantId", "api"]
    given: dict[str, Any] = {name: sent.text(name) for name in wanted if sent.text(name)}
    given |= {name: sent.raw(name) for name in _SECRETS_OF.get(authentication, ()) if sent.raw(name)}
    given |= {"type": sent.text("type"), "authorizedPersons": sent.lines("authorizedPersons")}
    if online:
        given["authentication"] = authentication
    if not online and sent.flag("impersonate"):
        given["impersonate"] = True
    return given


def changes(sent: Sent) -> dict[str, Any]:
    """As ``PATCH …/connections/{c}`` takes it: what is empty now is removed, secrets that were not given stay."""
    removable = set(NAMES) - {"type", *SECRETS}
    return {**dict.fromkeys(removable), **document(sent)}
