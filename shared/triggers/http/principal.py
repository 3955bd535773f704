"""Who is calling: App Service Authentication's header, believed only where the settings say who writes it."""

import binascii
import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any

from shared.config import Settings
from shared.domain.caller import Caller, Role
from shared.errors import Rejected

HEADER = "X-MS-CLIENT-PRINCIPAL"
_PROVIDER = "aad"
# App Service hands claims on under these names, or under the token's own, depending on its version.
_LONG = "http://schemas.microsoft.com/identity/claims/"
_OBJECT_ID = frozenset({"oid", f"{_LONG}objectidentifier"})
_TENANT = frozenset({"tid", f"{_LONG}tenantid"})
_ROLES = frozenset({"roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"})
_UPN = frozenset({"upn", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"})
_PREFERRED = frozenset({"preferred_username"})


def caller_of(headers: Mapping[str, str], settings: Settings) -> Caller:
    """Raises Rejected ``unauthenticated`` for whoever is not known beyond doubt."""
    if not settings.trusts_client_principal:
        raise _nobody("This installation does not trust any sign-in: TRUST_CLIENT_PRINCIPAL is not set.")
    principal = _read(headers.get(HEADER, ""))
    claims = list(_claims(principal))
    tenants, objects = _all(claims, _TENANT), _all(claims, _OBJECT_ID)
    if principal.get("auth_typ") != _PROVIDER or len(tenants) != 1 or not tenants <= set(settings.trusted_tenants):
        raise _nobody("This sign-in is not trusted here.")
    if len(objects) != 1:
        raise _nobody("The sign-in does not say who it is for.")
    return Caller(object_id=objects.pop(), name=_name(claims), roles=_roles(claims))


def _nobody(message: str) -> Rejected:
    return Rejected("unauthenticated", message)


def _read(header: str) -> dict[str, Any]:
    if not header:
        raise _nobody("Sign in first.")
    try:
        principal = json.loads(b64decode(header, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        principal = None
    if not isinstance(principal, dict):
        raise _nobody("The sign-in cannot be read.")
    return principal


def _claims(principal: dict[str, Any]) -> Iterator[tuple[str, str]]:
    claims = principal.get("claims")
    for claim in claims if isinstance(claims, list) else []:
        if isinstance(claim, dict) and isinstance(claim.get("typ"), str) and isinstance(claim.get("val"), str):
            yield claim["typ"], claim["val"]


def _all(claims: list[tuple[str, str]], names: frozenset[str]) -> set[str]:
    """Different values of one claim (short and long name may both be there): a contradiction has more than one."""
    return {value.lower() for name, value in claims if name in names and value}


def _name(claims: list[tuple[str, str]]) -> str:
    """The upn before ``preferred_username``; ``email`` proves nothing, its owner may be anybody."""
    for names in (_UPN, _PREFERRED):
        values = [value for name, value in claims if name in names and value]
        if values:
            return values[0]
    return ""


def _roles(claims: list[tuple[str, str]]) -> frozenset[Role]:
    known = {role.value for role in Role}
    return frozenset(Role(value) for name, value in claims if name in _ROLES and value in known)
