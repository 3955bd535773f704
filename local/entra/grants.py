"""The ways to a token, one function each: form in, token answer out, or a Refusal in Entra's words."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.entra.clients import prove_client
from local.entra.directory import EWS_SCOPE, App, Directory, Person
from local.entra.lockout import Lockout
from local.entra.refusal import Refusal
from local.entra.scopes import GRAPHS, OUTLOOKS, Asked, asked, is_default
from local.entra.tokens import Tokens, client_info, plain

_EWS_ROLE = "full_access_as_app"


@dataclass(frozen=True, slots=True)
class _Refresh:
    client_id: str
    address: str
    password: str


class Grants:
    def __init__(self, directory: Directory, tokens: Tokens, lockout: Lockout) -> None:
        self._directory = directory
        self._tokens = tokens
        self._lockout = lockout
        self._refresh_tokens: dict[str, _Refresh] = {}

    def token(self, tenant: str, form: Mapping[str, str]) -> dict[str, Any]:
        """Answers one request to ``/{tenant}/oauth2/v2.0/token``."""
        grant = _parameter(form, "grant_type")
        shared = tenant.casefold() in {"common", "consumers", "organizations"}
        if not shared and not self._directory.knows_tenant(tenant):
            raise Refusal(90002, tenant)
        if shared and not (tenant.casefold() == "organizations" and grant in {"password", "refresh_token"}):
            raise Refusal(9001023)
        match grant:
            case "password":
                return self._password(form)
            case "client_credentials":
                return self._client_credentials(form)
            case "refresh_token":
                return self._refresh(form)
            case _:
                raise Refusal(70003, grant)

    def managed_identity(self, resource: str, client_id: str | None) -> dict[str, Any]:
        """As App Service's identity endpoint answers. Raises KeyError for an identity that is not assigned."""
        app = self._directory.app(client_id or self._directory.managed_identity)
        if app is None:
            raise KeyError(client_id)
        seconds = self._directory.tenant.token_seconds
        return {
            "access_token": self._app_token(app, plain(resource)),
            "expires_on": str(int(time.time()) + seconds),
            "resource": resource,
            "token_type": "Bearer",
            "client_id": app.client_id,
        }

    def _password(self, form: Mapping[str, str]) -> dict[str, Any]:
        app = self._app(form)
        wanted = asked(_parameter(form, "scope"), tenant=self._directory.tenant.id)
        address, password = _parameter(form, "username"), _parameter(form, "password")
        if not app.public_client or "client_secret" in form or "client_assertion" in form:
            prove_client(app, form, self._token_paths())
        person = self._signed_in(address, password)
        self._refuse_interaction(person, wanted)
        return self._delegated(app, person, wanted, with_client_info="client_info" in form)

    def _client_credentials(self, form: Mapping[str, str]) -> dict[str, Any]:
        app = self._app(form)
        scope = _parameter(form, "scope")
        if not is_default(scope):
            raise Refusal(1002012, scope)
        wanted = asked(scope, tenant=self._directory.tenant.id)
        prove_client(app, form, self._token_paths())
        return self._answer(self._app_token(app, wanted.resource))

    def _refresh(self, form: Mapping[str, str]) -> dict[str, Any]:
        app = self._app(form)
        known = self._refresh_tokens.get(_parameter(form, "refresh_token"))
        if known is None or known.client_id != app.client_id:
            raise Refusal(70008)
        person = self._directory.person(known.address)
        if person is None or person.password != known.password:
            raise Refusal(50173)
        wanted = asked(_parameter(form, "scope"), tenant=self._directory.tenant.id)
        self._refuse_interaction(person, wanted)
        return self._delegated(app, person, wanted, with_client_info="client_info" in form)

    def _app(self, form: Mapping[str, str]) -> App:
        client_id = _parameter(form, "client_id")
        app = self._directory.app(client_id)
        if app is None:
            raise Refusal(700016, client_id, self._directory.tenant.id)
        return app

    def _token_paths(self) -> tuple[str, ...]:
        tenant = self._directory.tenant
        names = (tenant.id, *tenant.domains, "organizations")
        return tuple(f"/{name.casefold()}/oauth2/v2.0/token" for name in names)

    def _signed_in(self, address: str, password: str) -> Person:
        """The account's state comes before the password: a locked account says so even to the right one."""
        person = self._directory.person(address)
        if person is None:
            raise Refusal(50034, address, self._directory.tenant.id)
        if person.locked or self._lockout.is_locked(address):
            raise Refusal(50053)
        if password != person.password:
            self._lockout.refused(address, password)
            raise Refusal(50126)
        self._lockout.accepted(address)
        return person

    @staticmethod
    def _refuse_interaction(person: Person, wanted: Asked) -> None:
        """What only a human at a browser could do next."""
        if person.disabled:
            raise Refusal(50057)
        if person.password_expired:
            raise Refusal(50055)
        if person.mfa is not None:
            raise Refusal(50076 if person.mfa == "required" else 50079, wanted.resource)

    def _delegated(self, app: App, person: Person, wanted: Asked, *, with_client_info: bool) -> dict[str, Any]:
        consented = frozenset(name for name in app.scopes if _fits(name, wanted.resource))
        granted = wanted.permissions or consented
        if not granted or not granted <= consented:
            raise Refusal(65001, app.client_id)
        who = {"tid": self._directory.tenant.id, "oid": person.object_id, "upn": person.address}
        claims = {**who, "sub": person.object_id, "appid": app.client_id, "scp": " ".join(sorted(granted))}
        answer = self._answer(self._issue(wanted.resource, claims)) | {"scope": wanted.scope(granted)}
        if "offline_access" in wanted.sign_in:
            refresh = secrets.token_urlsafe(48)
            self._refresh_tokens[refresh] = _Refresh(app.client_id, person.address, person.password)
            answer["refresh_token"] = refresh
        if "openid" in wanted.sign_in:
            named = {**who, "sub": person.object_id, "preferred_username": person.address}
            answer["id_token"] = self._issue(app.client_id, named)
        if with_client_info:
            answer["client_info"] = client_info(person.object_id, self._directory.tenant.id)
        return answer

    def _app_token(self, app: App, resource: str) -> str:
        roles = sorted(name for name in app.roles if _fits(name, resource))
        claims = {"tid": self._directory.tenant.id, "oid": app.object_id, "sub": app.object_id, "appid": app.client_id}
        return self._issue(resource, {**claims, "idtyp": "app", **({"roles": roles} if roles else {})})

    def _issue(self, audience: str, claims: dict[str, Any]) -> str:
        return self._tokens.issue(audience, claims, seconds=self._directory.tenant.token_seconds)

    def _answer(self, token: str) -> dict[str, Any]:
        seconds = self._directory.tenant.token_seconds
        return {"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token}


def _parameter(form: Mapping[str, str], name: str) -> str:
    if not form.get(name):
        raise Refusal(900144, name)
    return form[name]


def _fits(permission: str, resource: str) -> bool:
    """EWS's two permissions are Exchange's own, the others Graph's."""
    if permission in {EWS_SCOPE, _EWS_ROLE}:
        return resource in OUTLOOKS
    return resource in GRAPHS
