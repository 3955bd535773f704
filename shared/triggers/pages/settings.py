"""The organization itself: its name, the feature switch, the lists of people."""

from typing import Any

from shared.domain.permissions import Operation, Standing
from shared.errors import Forbidden, InvalidRequest, PreconditionFailed
from shared.triggers.http.response import Response
from shared.triggers.pages.form import Form, flat
from shared.triggers.pages.visit import Visit

OWN = ("displayName", "exchangeEnabled", "members")
ALL = (*OWN, "administrators", "managedIdentityMailboxes")


def show(visit: Visit) -> Response:
    _may(visit)
    values, etag = _stored(visit)
    return _page(visit, Form(values, etag=etag))


def act(visit: Visit) -> Response:
    _may(visit)
    sent = visit.sent
    form = Form(sent.values(), etag=sent.text("etag"))
    try:
        visit.connector.manage_organizations.patch(visit.caller, visit.organization, _changes(visit), visit.if_match)
    except InvalidRequest as invalid:
        form.refused(invalid, ALL)
        return _page(visit, form, status=400)
    except PreconditionFailed:
        theirs, form.etag = _stored(visit)
        return _page(visit, form, status=412, theirs=theirs)
    return visit.to("settings", done="saved")


def _may(visit: Visit) -> None:
    """Members see their organization's name, not its lists."""
    if not visit.may(Operation.PATCH_ORGANIZATION):
        raise Forbidden("You may not do this in this organization.")


def _changes(visit: Visit) -> dict[str, Any]:
    sent = visit.sent
    changes: dict[str, Any] = {
        "displayName": sent.text("displayName"),
        "exchangeEnabled": sent.flag("exchangeEnabled"),
        "members": sent.lines("members"),
    }
    for name in ALL[len(OWN) :]:
        if sent.flag(name):
            changes[name] = sent.lines(name)
    return changes


def _stored(visit: Visit) -> tuple[dict[str, str], str]:
    shown, etag = visit.connector.manage_organizations.read(visit.caller, visit.organization)
    return flat(shown.model_dump(mode="json", by_alias=True)), etag


def _page(visit: Visit, form: Form, *, status: int = 200, theirs: dict[str, str] | None = None) -> Response:
    platform = visit.entered.standing is Standing.ADMINISTRATOR
    return visit.page("settings.html", status=status, form=form, theirs=theirs, platform=platform, names=ALL)
