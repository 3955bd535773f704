"""How tests change the directory while it runs: people and apps as JSON, by merge.

``GET /control/people``, ``PUT|PATCH /control/people/{address}``, the same for ``/control/apps/{clientId}``, and
``PATCH /control/tenant`` (``tokenSeconds``). A change of a person forgets wrong passwords counted so far.
"""

from typing import TypeVar

from aiohttp import web
from pydantic import ValidationError

from local.entra.directory import App, Entry, Person, Tenant
from local.entra.server import Entra

E = TypeVar("E", bound=Entry)


class Control:
    def __init__(self, entra: Entra) -> None:
        self._entra = entra
        self._directory = entra.directory

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/control/people", self._people)
        router.add_get("/control/apps", self._apps)
        for method in ("PUT", "PATCH"):
            router.add_route(method, "/control/people/{address}", self._change_person)
            router.add_route(method, "/control/apps/{client_id}", self._change_app)
        router.add_patch("/control/tenant", self._change_tenant)

    async def _people(self, _: web.Request) -> web.Response:
        return web.json_response([_json(person) for person in self._directory.people()])

    async def _apps(self, _: web.Request) -> web.Response:
        return web.json_response([_json(app) for app in self._directory.apps()])

    async def _change_person(self, request: web.Request) -> web.Response:
        known = self._directory.person(request.match_info["address"])
        person = await _changed(request, Person, known)
        self._directory.put_person(person)
        self._entra.lockout.forget(person.address)
        return web.json_response(_json(person))

    async def _change_app(self, request: web.Request) -> web.Response:
        app = await _changed(request, App, self._directory.app(request.match_info["client_id"]))
        self._directory.put_app(app)
        return web.json_response(_json(app))

    async def _change_tenant(self, request: web.Request) -> web.Response:
        self._directory.tenant = await _changed(request, Tenant, self._directory.tenant)
        return web.json_response(_json(self._directory.tenant))


async def _changed(request: web.Request, kind: type[E], known: E | None) -> E:
    if known is None and request.method == "PATCH":
        raise web.HTTPNotFound(text="no such entry")
    before = _json(known) if known is not None and request.method == "PATCH" else {}
    try:
        return kind.model_validate({**before, **await request.json()})
    except (ValidationError, ValueError, TypeError) as error:
        raise web.HTTPBadRequest(text=str(error)) from None


def _json(entry: Entry) -> dict[str, object]:
    return entry.model_dump(by_alias=True, mode="json")
