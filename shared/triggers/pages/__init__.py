"""The pages of ``/api/manage``: for each a module with ``show`` (GET) and, where something can be done, ``act`` (POST).

They call the same use cases as the routes beside them and know nothing of storage. A module is loaded when its page is
first asked for; until then there is only this list.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.triggers.http.endpoint import Handler, Routes
    from shared.triggers.http.request import Request
    from shared.triggers.http.response import Response

FORM = "application/x-www-form-urlencoded"
LARGEST = 256 * 1024
HOME = "manage"
INSIDE = "manage/organizations/{organization}"

PAGES = {
    HOME: "home",
    f"{HOME}/preferences": "preferences",
    INSIDE: "overview",
    f"{INSIDE}/settings": "settings",
    f"{INSIDE}/connections": "connections",
    f"{INSIDE}/connections/new": "connection_new",
    f"{INSIDE}/connections/{{connection}}": "connection",
    f"{INSIDE}/connections/{{connection}}/delete": "connection_delete",
    f"{INSIDE}/examinations/{{run}}": "examination",
    f"{INSIDE}/watches": "watches",
    f"{INSIDE}/watches/new": "watch_new",
    f"{INSIDE}/watches/{{watch}}": "watch",
    f"{INSIDE}/watches/{{watch}}/delete": "watch_delete",
    f"{INSIDE}/watches/{{watch}}/journal": "journal",
    f"{INSIDE}/actions": "actions",
    f"{INSIDE}/actions/{{action}}": "action",
    f"{INSIDE}/surveys": "surveys",
    f"{INSIDE}/surveys/{{survey}}": "survey",
    f"{INSIDE}/appointments": "appointments",
    f"{INSIDE}/appointments/{{appointment}}": "appointment",
}
"""Route and module. What nothing can be done on is in ``TO_LOOK_AT``."""
TO_LOOK_AT = frozenset(
    {"home", "overview", "connections", "examination", "watches", "surveys", "appointments", "appointment"}
)


def table() -> "Routes":
    from shared.triggers.http.endpoint import Routes

    routes = Routes("Pages")
    for path, module in PAGES.items():
        routes.get(path, f"The page {module}", page=True, answer_type="text/html")(_handler(module, "show"))
        if module not in TO_LOOK_AT:
            post = routes.post(path, f"What is done on {module}", page=True, body_types=(FORM,), max_body=LARGEST)
            post(_handler(module, "act"))
    return routes


def _handler(module: str, function: str) -> "Handler":
    def handle(request: "Request") -> "Response":
        from shared.triggers.pages.visit import visited

        page = getattr(import_module(f"{__name__}.{module}"), function)
        return visited(request, page, changes=function == "act")

    return handle
