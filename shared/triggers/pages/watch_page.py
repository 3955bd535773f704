"""The watch form as a page, new or stored, with what the watch would say to the last mails of its folder."""

from typing import Any

from shared.domain.watch import WatchView
from shared.errors import AccessLost, ConnectorError, InvalidRequest, NotNow, Rejected
from shared.triggers.http.response import Response
from shared.triggers.pages.form import Form
from shared.triggers.pages.visit import Visit
from shared.triggers.pages.watch_fields import NAMES, document


def watch_page(visit: Visit, form: Form, *, shown: WatchView | None = None, status: int = 200, **more: Any) -> Response:
    connections, _ = visit.connector.manage_connections.list(
        visit.caller, visit.organization, limit=200, continuation=None
    )
    names_others = visit.caller.is_administrator or visit.caller.is_engine
    values = {"preview": None, "folders": None, "trouble": None, "theirs": None, **more}
    return visit.page(
        "watch.html",
        status=status,
        form=form,
        shown=shown,
        connections=[(one.id, one.display_name) for one in connections],
        names_others=names_others,
        **values,
    )


def tried(visit: Visit, form: Form, shown: WatchView | None = None) -> Response:
    """What the form's watch would say; what the mailbox says no to stands above it."""
    try:
        settings = {**document(visit.sent, visit.words.zone_name), **requested_by(visit, shown)}
        preview = visit.connector.preview_watch(visit.caller, visit.organization, settings)
    except InvalidRequest as invalid:
        form.refused(invalid, NAMES)
        return watch_page(visit, form, shown=shown, status=400)
    except (Rejected, AccessLost, NotNow) as trouble:
        return _troubled(visit, form, shown, trouble)
    return watch_page(visit, form, shown=shown, preview=preview)


def with_folders(visit: Visit, form: Form, shown: WatchView | None = None) -> Response:
    """The folders to choose from."""
    try:
        folders = visit.connector.list_folders(visit.caller, visit.organization, form["connectionId"])
    except (Rejected, AccessLost, NotNow) as trouble:
        return _troubled(visit, form, shown, trouble)
    return watch_page(visit, form, shown=shown, folders=folders)


def requested_by(visit: Visit, shown: WatchView | None) -> dict[str, str]:
    """In whose name: who may name others does; for everybody else it is the one who saves."""
    if named := visit.sent.text("requestedBy"):
        return {"requestedBy": named}
    if shown is None or visit.caller.is_person(shown.requested_by or ""):
        return {}
    return {"requestedBy": visit.caller.person}


def _troubled(visit: Visit, form: Form, shown: WatchView | None, trouble: ConnectorError) -> Response:
    if trouble.code in {"forbidden", "feature_disabled"}:
        raise trouble
    return watch_page(visit, form, shown=shown, trouble=trouble, status=409)
