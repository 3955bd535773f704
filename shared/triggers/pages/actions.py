"""What processes asked of Exchange, by state; found again by id and by what their process wrote into the correlation."""

from collections.abc import Callable
from datetime import datetime, timedelta

from shared.domain.action import Action, ActionState, ManyActions
from shared.errors import Conflict
from shared.ports.records import Page
from shared.triggers.http.request import parse
from shared.triggers.http.response import Response
from shared.triggers.pages.visit import Visit

LONGEST_TEXT = 200


def show(visit: Visit) -> Response:
    state, text = visit.request.query.get("state", ""), visit.request.query.get("text", "").strip()[:LONGEST_TEXT]
    found = _found(visit, state, text)
    connections, _ = visit.connector.manage_connections.list(
        visit.caller, visit.organization, limit=200, continuation=None
    )
    return visit.page(
        "actions.html",
        actions=[stored.value for stored in found.items],
        more=visit.further(found.continuation),
        state=state,
        text=text,
        states=tuple(ActionState),
        connections=connections,
        names={one.id: one.display_name for one in connections},
        now=visit.connector.clock.now(),
        numbers={
            name: int(visit.request.query.get(name, "")[:6] or 0) for name in ("n", "not") if _is_number(visit, name)
        },
    )


def act(visit: Visit) -> Response:
    """Many at once: those that are ticked, or all failed ones that match."""
    sent, connector = visit.sent, visit.connector
    connector.read_actions.change_all(visit.caller, visit.organization)
    match sent.text("do"):
        case "cancel":
            done, left = _each(visit, lambda action: connector.cancel_action(visit.organization, action))
            return visit.to("actions", done="cancelled", n=str(done), **_left(left), state=sent.text("state"))
        case "retryAll":
            count = _retry_all(visit)
            return visit.to("actions", done="retried", n=str(count))
        case _:
            done, left = _each(visit, lambda action: connector.retry_action(visit.organization, action))
            return visit.to("actions", done="retried", n=str(done), **_left(left), state=sent.text("state"))


def _found(visit: Visit, state: str, text: str) -> "Page[Action]":
    read, continuation = visit.connector.read_actions, visit.request.continuation
    if text:
        return read.find(visit.caller, visit.organization, text, continuation=continuation)
    return read.list(
        visit.caller, visit.organization, state=state or None, limit=visit.request.limit, continuation=continuation
    )


def _each(visit: Visit, do: Callable[[str], Action]) -> tuple[int, int]:
    """How many it was done to, and how many had moved on meanwhile."""
    done = left = 0
    for action in dict.fromkeys(visit.sent.all("action")):
        visit.connector.read_actions.changeable(visit.caller, visit.organization, action)
        try:
            do(action)
            done += 1
        except Conflict:
            left += 1
    return done, left


def _retry_all(visit: Visit) -> int:
    sent = visit.sent
    given = {name: sent.text(name) for name in ("connectionId", "code") if sent.text(name)}
    chosen = parse(ManyActions, given)
    hours = sent.text("hours")
    since: datetime | None = None
    if hours.isascii() and hours.isdigit():
        since = visit.connector.clock.now() - timedelta(hours=int(hours[:4]))
    return visit.connector.retry_action.many(
        visit.organization, connection_id=chosen.connection_id, code=chosen.code, since=since
    )


def _left(count: int) -> dict[str, str]:
    return {"not": str(count)} if count else {}


def _is_number(visit: Visit, name: str) -> bool:
    text = visit.request.query.get(name, "")
    return text.isascii() and text.isdigit()
