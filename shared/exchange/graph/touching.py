"""What is done to mails after their process starts were handed over: twenty of them in one request."""

from collections.abc import Sequence

from shared.domain.mail import Touch
from shared.errors import ConnectorError
from shared.exchange.graph.move_message import move_message
from shared.exchange.graph.update_message import update_message
from shared.exchange.graph.wire import Json, Step, Wire

Results = list[ConnectorError | None]


def touch(wire: Wire, touches: Sequence[Touch]) -> Results:
    """First marks, then moves; a mail that could not be marked is not moved.

    Two rounds, because a batch is either wholly in order or wholly side by side: learn.microsoft.com/graph/json-batching.
    """
    results: Results = [None] * len(touches)
    marked = [(at, _mark(one)) for at, one in enumerate(touches) if one.mark_as_read or one.add_category]
    _do(wire, marked, results)
    moved = [(at, _move(one)) for at, one in enumerate(touches) if _target(one) and results[at] is None]
    _do(wire, moved, results)
    return results


def _do(wire: Wire, steps: Sequence[tuple[int, Step]], results: Results) -> None:
    answers = wire.together([step for _, step in steps])
    for (at, _), answer in zip(steps, answers, strict=True):
        results[at] = answer if isinstance(answer, ConnectorError) else None


def _mark(one: Touch) -> Step:
    changes: Json = {"isRead": True} if one.mark_as_read else {}
    if one.add_category:
        changes["categories"] = list(dict.fromkeys((*one.keep_categories, one.add_category)))
    return update_message(one.mail_id, changes)


def _move(one: Touch) -> Step:
    return move_message(one.mail_id, _target(one) or "")


def _target(one: Touch) -> str | None:
    return one.move_to or ("deleteditems" if one.delete else None)
