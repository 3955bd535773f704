"""Key Vault over HTTPS: the challenge, the bearer token, one route per secret operation."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from aiohttp import web

from local.entra.tokens import InvalidToken, Tokens
from local.faults import Fault
from local.keyvault.bundles import Bundles, error
from local.keyvault.secret import VaultError
from local.keyvault.vault import Vault
from local.standins.door import Desk, Visit, answered

RESOURCE = "https://vault.azure.net"

_Operation = Callable[[web.Request, dict[str, Any]], dict[str, Any] | None]


class KeyVault:
    """``base`` is its own URL, ``authority`` Entra's with the tenant: what the challenge names."""

    def __init__(self, vault: Vault, tokens: Tokens, desk: Desk, base: str, authority: str) -> None:
        self._vault = vault
        self._tokens = tokens
        self._desk = desk
        self._bundles = Bundles(base)
        self._challenge = f'Bearer authorization="{authority}", resource="{RESOURCE}"'

    def add_routes(self, router: web.UrlDispatcher) -> None:
        for method, path, operation in (
            ("GET", "/secrets", self._list),
            ("PUT", "/secrets/{name}", self._set),
            ("GET", "/secrets/{name}", self._get),
            ("GET", "/secrets/{name}/", self._get),
            ("DELETE", "/secrets/{name}", self._delete),
            ("GET", "/secrets/{name}/versions", self._versions),
            ("GET", "/secrets/{name}/{version}", self._get),
            ("PATCH", "/secrets/{name}/", self._update),
            ("PATCH", "/secrets/{name}/{version}", self._update),
            ("GET", "/deletedsecrets", self._list_deleted),
            ("GET", "/deletedsecrets/{name}", self._get_deleted),
            ("DELETE", "/deletedsecrets/{name}", self._purge),
            ("POST", "/deletedsecrets/{name}/recover", self._recover),
        ):
            router.add_route(method, path, self._handler(f"{method} {path.rstrip('/')}", operation))

    def _handler(self, name: str, operation: _Operation) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.StreamResponse:
            caller = self._caller(request)

            async def answer() -> web.Response:
                return await self._answer(request, caller, operation)

            visit = Visit("vault", name, str(caller.get("appid", ""))) if caller else Visit("vault", "signIn", "")
            return await answered(request, self._desk, visit, answer, _ordered)

        return handle

    def _caller(self, request: web.Request) -> dict[str, Any] | None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            return self._tokens.verify(token, RESOURCE) if kind.casefold() == "bearer" else None
        except InvalidToken:
            return None

    async def _answer(self, request: web.Request, caller: dict[str, Any] | None, operation: _Operation) -> web.Response:
        if caller is None:
            missing = VaultError(401, "Unauthorized", "AKV10000: Request is missing a valid Bearer or PoP token.")
            return web.json_response(error(missing), status=401, headers={"WWW-Authenticate": self._challenge})
        try:
            answer = operation(request, await _body(request))
        except VaultError as failure:
            return web.json_response(error(failure), status=failure.status)
        if answer is None:
            return web.Response(status=HTTPStatus.NO_CONTENT)
        return web.json_response(answer)

    def _set(self, request: web.Request, body: dict[str, Any]) -> dict[str, Any]:
        return self._bundles.bundle(*self._vault.set(request.match_info["name"], body))

    def _get(self, request: web.Request, _: dict[str, Any]) -> dict[str, Any]:
        return self._bundles.bundle(*self._vault.get(request.match_info["name"], _version(request)))

    def _update(self, request: web.Request, body: dict[str, Any]) -> dict[str, Any]:
        return self._bundles.properties(*self._vault.update(request.match_info["name"], _version(request), body))

    def _delete(self, request: web.Request, _: dict[str, Any]) -> dict[str, Any]:
        return self._bundles.deleted(self._vault.delete(request.match_info["name"]))

    def _versions(self, request: web.Request, _: dict[str, Any]) -> dict[str, Any]:
        items = [self._bundles.properties(*one) for one in self._vault.versions(request.match_info["name"])]
        return self._bundles.page(request.path, items, dict(request.query))

    def _list(self, request: web.Request, _: dict[str, Any]) -> dict[str, Any]:
        items = [self._bundles.item(*one) for one in self._vault.secrets()]
        return self._bundles.page(request.path, items, dict(request.query))

    def _list_deleted(self, request: web.Request, _: dict[str, Any]) -> dict[str, Any]:
        items = [self._bundles.deleted(secret, listed=True) for secret in self._vault.all_deleted()]
        return self._bundles.page(request.path, items, dict(request.query))

    def _get_deleted(self, request: web.Request, _: dict[str, Any]) -> dict[str, Any]:
        return self._bundles.deleted(self._vault.deleted(request.match_info["name"]))

    def _purge(self, request: web.Request, _: dict[str, Any]) -> None:
        self._vault.purge(request.match_info["name"])

    def _recover(self, request: web.Request, _: dict[str, Any]) -> dict[str, Any]:
        secret = self._vault.recover(request.match_info["name"])
        return self._bundles.properties(secret, secret.newest)


def _version(request: web.Request) -> str:
    return request.match_info.get("version", "")


async def _body(request: web.Request) -> dict[str, Any]:
    if not request.query.get("api-version"):
        raise VaultError(400, "BadParameter", "api-version must be specified")
    if not request.can_read_body:
        return {}
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise VaultError(400, "BadParameter", "The request body is not a JSON object.")
    return body


def _ordered(fault: Fault) -> web.Response:
    code = {403: "Forbidden", 429: "Throttled", 503: "ServiceUnavailable"}.get(
        fault.status or 500, "InternalServerError"
    )
    failure = VaultError(fault.status or 500, fault.code or code, "A fault that a test ordered.")
    return web.json_response(error(failure), status=failure.status)
