"""A new watch: the form, trying it, saving."""

from shared.domain.permissions import Operation
from shared.errors import Forbidden, InvalidRequest
from shared.triggers.http.response import Response
from shared.triggers.pages.form import Form
from shared.triggers.pages.visit import Visit
from shared.triggers.pages.watch_fields import NAMES, SECRETS, document
from shared.triggers.pages.watch_page import requested_by, tried, watch_page, with_folders

FRESH = {
    "folder": "Inbox",
    "enabled": "true",
    "attachments": "files",
    "ignoreAutomatic": "true",
    "deliver.type": "queue",
}


def show(visit: Visit) -> Response:
    _may(visit)
    return watch_page(visit, Form({**FRESH, "connectionId": visit.request.query.get("connection", "")}))


def act(visit: Visit) -> Response:
    _may(visit)
    sent = visit.sent
    form = Form(sent.values(SECRETS))
    match sent.text("do"):
        case "try":
            return tried(visit, form)
        case "folders":
            return with_folders(visit, form)
    try:
        settings = {**document(sent, visit.words.zone_name), **requested_by(visit, None)}
        watch = visit.connector.manage_watches.create(visit.caller, visit.organization, settings)
    except InvalidRequest as invalid:
        form.refused(invalid, NAMES)
        return watch_page(visit, form, status=400)
    return visit.to("watches", watch.id, done="created")


def _may(visit: Visit) -> None:
    if not visit.may(Operation.MANAGE_WATCHES):
        raise Forbidden("You may not do this in this organization.")
