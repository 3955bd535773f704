"""Entra over HTTPS: discovery, user realm, keys, the token endpoint, and App Service's identity endpoint beside it."""

import hmac
from typing import Any

from aiohttp import web

from local.entra.directory import Directory
from local.entra.grants import Grants
from local.entra.lockout import Lockout
from local.entra.refusal import Refusal
from local.entra.tokens import Tokens
from local.faults import Fault
from local.standins.door import Desk, Visit, answered

IDENTITY_PATH = "/msi/token"


class Entra:
    """``authority`` is the URL under which clients see it, without tenant."""

    def __init__(self, directory: Directory, desk: Desk, authority: str, identity_header: str) -> None:
        self.directory = directory
        self.lockout = Lockout()
        self.tokens = Tokens(f"{authority}/{directory.tenant.id}/v2.0")
        self._authority = authority
        self._identity_header = identity_header
        self._desk = desk
        self._grants = Grants(directory, self.tokens, self.lockout)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/common/discovery/instance", self._instance)
        router.add_get("/common/userrealm/{user}", self._user_realm)
        router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", self._configuration)
        router.add_get("/{tenant}/discovery/v2.0/keys", self._keys)
        router.add_post("/{tenant}/oauth2/v2.0/token", self._token)
        router.add_get(IDENTITY_PATH, self._identity)

    async def _instance(self, _: web.Request) -> web.Response:
        endpoint = f"{self._authority}/{self.directory.tenant.id}/v2.0/.well-known/openid-configuration"
        return web.json_response({"api-version": "1.1", "tenant_discovery_endpoint": endpoint, "metadata": []})

    async def _user_realm(self, request: web.Request) -> web.Response:
        user = request.match_info["user"]
        domain = user.rpartition("@")[2]
        known = {"ver": "1.0", "domain_name": domain, "cloud_instance_name": "microsoftonline.com"}
        if domain.casefold() in self.directory.federated:
            elsewhere = f"https://sts.{domain}/adfs/services/trust"
            mex = {"federation_protocol": "WSTrust", "federation_metadata_url": f"{elsewhere}/mex"}
            return web.json_response({**known, "account_type": "Federated", **mex})
        kind = "Managed" if self.directory.knows_domain_of(user) else "Unknown"
        return web.json_response(
            {**known, "account_type": kind, "cloud_audience_urn": "urn:federation:MicrosoftOnline"}
        )

    async def _configuration(self, request: web.Request) -> web.Response:
        tenant = request.match_info["tenant"]
        if tenant.casefold() not in {"common", "organizations"} and not self.directory.knows_tenant(tenant):
            return _refusal(Refusal(90002, tenant), request)
        base = f"{self._authority}/{tenant}"
        return web.json_response(
            {
                "issuer": self.tokens.issuer,
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "response_types_supported": ["code", "id_token", "token"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "tenant_region_scope": "EU",
            }
        )

    async def _keys(self, _: web.Request) -> web.Response:
        return web.json_response(self.tokens.keys())

    async def _token(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        grant = form.get("grant_type", "")
        account = (form.get("username") if grant == "password" else form.get("client_id")) or ""

        async def answer() -> web.Response:
            return self._granted(request, form, account)

        return await answered(
            request, self._desk, Visit("token", grant, account), answer, lambda f: _ordered(f, request)
        )

    def _granted(self, request: web.Request, form: dict[str, str], account: str) -> web.Response:
        """Every answer to a password or a client's proof counts as a log-in, accepted or refused."""
        try:
            body = self._grants.token(request.match_info["tenant"], form)
        except Refusal as refusal:
            self._desk.seen.login(account, accepted=False)
            return _refusal(refusal, request)
        self._desk.seen.login(account, accepted=True)
        return web.json_response(body, headers={"Cache-Control": "no-store"})

    async def _identity(self, request: web.Request) -> web.StreamResponse:
        client_id = request.query.get("client_id") or request.query.get("clientid")
        visit = Visit("token", "managed_identity", client_id or self.directory.managed_identity)

        async def answer() -> web.Response:
            return self._identity_token(request, client_id)

        return await answered(
            request, self._desk, visit, answer, lambda fault: _identity_error(fault.status or 500, "Ordered fault.")
        )

    def _identity_token(self, request: web.Request, client_id: str | None) -> web.Response:
        given = request.headers.get("X-IDENTITY-HEADER", "")
        if not hmac.compare_digest(given.encode(), self._identity_header.encode()):
            return _identity_error(401, "The identity header is missing or wrong.")
        resource = request.query.get("resource", "")
        if not resource or request.query.get("api-version") != "2019-08-01":
            return _identity_error(400, "The parameters 'resource' and 'api-version=2019-08-01' are required.")
        try:
            return web.json_response(self._grants.managed_identity(resource, client_id))
        except KeyError:
            return _identity_error(400, "No User Assigned or Delegated Managed Identity found for specified ClientId.")


def _refusal(refusal: Refusal, request: web.Request) -> web.Response:
    body = refusal.body(request.headers.get("client-request-id"))
    return web.json_response(body, status=refusal.status, headers={"Cache-Control": "no-store"})


def _ordered(fault: Fault, request: web.Request) -> web.Response:
    """A known AADSTS number gets its words; anything else is an outage."""
    refusal = Refusal.known(fault.code) if fault.code else None
    if refusal is not None:
        response = _refusal(refusal, request)
        response.set_status(fault.status or refusal.status)
        return response
    body: dict[str, Any] = {
        "error": fault.code or "temporarily_unavailable",
        "error_description": "The server is temporarily too busy to handle the request.",
        "error_codes": [],
    }
    return web.json_response(body, status=fault.status or 503)


def _identity_error(status: int, message: str) -> web.Response:
    return web.json_response({"statusCode": status, "message": message}, status=status)
