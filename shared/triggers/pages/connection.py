"""One connection: its form, its doctor, what the servers said of it. Members see its name and state."""

from typing import Any

from shared.domain.connection import ConnectionType
from shared.domain.connection_form import ONLINE_URL, ConnectionView, Examination
from shared.errors import InvalidRequest, PreconditionFailed, RateLimited
from shared.triggers.http.problem import status_of
from shared.triggers.http.response import Response
from shared.triggers.pages.connection_fields import NAMES, SECRETS, changes
from shared.triggers.pages.connection_page import connection_page, examined, followed
from shared.triggers.pages.form import Form, Sent, flat
from shared.triggers.pages.visit import Visit


def show(visit: Visit) -> Response:
    shown, etag = _read(visit)
    if not isinstance(shown, ConnectionView):
        return visit.page("connection_summary.html", shown=shown)
    return connection_page(visit, Form(_values(shown), etag=etag), shown=shown)


def act(visit: Visit) -> Response:
    sent, connections = visit.sent, visit.connector.manage_connections
    connections.changeable(visit.caller, visit.organization, _id(visit))
    form = Form(sent.values(SECRETS), etag=sent.text("etag"))
    try:
        match sent.text("do"):
            case "show":
                return _again(visit, form, helping=True)
            case "test" | "again":
                report = _examined(visit)
                return _again(visit, form, report=report)
            case _:
                connections.patch(visit.caller, visit.organization, _id(visit), changes(sent), visit.if_match)
    except (InvalidRequest, RateLimited) as refusal:
        form.refused(refusal, NAMES)
        return _again(visit, form, status=status_of(refusal))
    except PreconditionFailed:
        shown, form.etag = _read(visit)
        theirs = _values(shown) if isinstance(shown, ConnectionView) else {}
        return _again(visit, form, status=412, theirs=theirs)
    return visit.to("connections", _id(visit), done="saved")


def _examined(visit: Visit) -> Examination:
    """Unchanged, it is the connection itself that is tested: success lifts its suspension."""
    shown, _ = _read(visit)
    if not isinstance(shown, ConnectionView) or _is_changed(visit.sent, shown):
        return examined(visit, _id(visit), changes(visit.sent))
    examine, again = visit.connector.examine_connection, visit.sent.text("do") == "again"
    with followed(visit) as tell:
        return examine(visit.caller, visit.organization, _id(visit), try_again=again, tell=tell)


def _is_changed(sent: Sent, shown: ConnectionView) -> bool:
    before = shown.model_dump(mode="json", by_alias=True)
    typed: dict[str, Any] = changes(sent)
    online = shown.type is ConnectionType.EXCHANGE_ONLINE
    defaults = {"authentication": "password", "api": "graph", "url": ONLINE_URL} if online else {}
    fields = [name for name in typed if online or name not in {"authentication", "api"}]
    return any((typed[name] or defaults.get(name)) != (before.get(name) or None) for name in fields)


def _again(visit: Visit, form: Form, **more: Any) -> Response:
    shown, _ = _read(visit)
    return connection_page(visit, form, shown=shown if isinstance(shown, ConnectionView) else None, **more)


def _id(visit: Visit) -> str:
    return visit.request.path["connection"]


def _read(visit: Visit) -> Any:
    return visit.connector.manage_connections.read(visit.caller, visit.organization, _id(visit))


def _values(shown: ConnectionView) -> dict[str, str]:
    document = shown.model_dump(mode="json", by_alias=True)
    return flat({name: document[name] for name in NAMES if name in document})
