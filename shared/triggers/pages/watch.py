"""One watch: how it is doing, its form, trying it."""

from shared.domain.permissions import Operation
from shared.domain.watch import Watch, WatchView
from shared.errors import InvalidRequest, PreconditionFailed
from shared.triggers.http.response import Response
from shared.triggers.pages.form import Form
from shared.triggers.pages.visit import Visit
from shared.triggers.pages.watch_fields import NAMES, SECRETS, changes, values
from shared.triggers.pages.watch_page import requested_by, tried, watch_page, with_folders
from shared.use_cases.manage_watches import etag


def show(visit: Visit) -> Response:
    watch, shown = _read(visit)
    return watch_page(visit, Form(_values(visit, watch), etag=etag(watch)), shown=shown)


def act(visit: Visit) -> Response:
    watch, shown = _read(visit, Operation.MANAGE_WATCHES)
    sent = visit.sent
    form = Form(sent.values(SECRETS), etag=sent.text("etag"))
    match sent.text("do"):
        case "try":
            return tried(visit, form, shown)
        case "folders":
            return with_folders(visit, form, shown)
    try:
        patch = {**changes(sent, visit.words.zone_name), **requested_by(visit, shown)}
        visit.connector.manage_watches.patch(visit.caller, visit.organization, watch.id, patch, visit.if_match)
    except InvalidRequest as invalid:
        form.refused(invalid, NAMES)
        return watch_page(visit, form, shown=shown, status=400)
    except PreconditionFailed:
        form.etag = etag(watch)
        return watch_page(visit, form, shown=shown, status=412, theirs=_values(visit, watch))
    return visit.to("watches", watch.id, done="saved")


def _read(visit: Visit, operation: Operation = Operation.READ_WATCHES) -> tuple[Watch, WatchView]:
    watch = visit.connector.manage_watches.one(
        visit.caller, visit.organization, visit.request.path["watch"], operation
    ).value
    return watch, visit.connector.show_watch(watch)


def _values(visit: Visit, watch: Watch) -> dict[str, str]:
    return values(watch.settings.model_dump(mode="json", by_alias=True), visit.words.zone_name)
