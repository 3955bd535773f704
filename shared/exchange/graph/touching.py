"""Marking, categorizing, moving and deleting mails, twenty steps in one request."""

from collections.abc import Iterator, Sequence

from shared.domain.mail import Touch
from shared.errors import ConnectorError
from shared.exchange.graph.wire import MOST_IN_BATCH, Json, Wire, segment


def touch(wire: Wire, touches: Sequence[Touch]) -> list[ConnectorError | None]:
    results: list[ConnectorError | None] = []
    for some in _batches([_steps(number, one) for number, one in enumerate(touches)]):
        parts = [part for steps in some for part in steps]
        answers = wire.batch(parts) if parts else {}
        for steps in some:
            failed = (one for part in steps if isinstance(one := answers[part["id"]], ConnectorError))
            results.append(next(failed, None))
    return results


def _steps(number: int, touch: Touch) -> list[Json]:
    path, made = f"/messages/{segment(touch.mail_id)}", list[Json]()
    changes: Json = {"isRead": True} if touch.mark_as_read else {}
    if touch.add_category:
        changes["categories"] = list(dict.fromkeys((*touch.keep_categories, touch.add_category)))
    if changes:
        made.append({"id": f"{number}-mark", "method": "PATCH", "url": path, "body": changes})
    if target := "deleteditems" if touch.delete else touch.move_to:
        body = {"destinationId": target}
        after = {"dependsOn": [f"{number}-mark"]} if changes else {}
        made.append({"id": f"{number}-move", "method": "POST", "url": f"{path}/move", "body": body, **after})
    return made


def _batches(every: Sequence[list[Json]]) -> Iterator[list[list[Json]]]:
    """The steps of one mail stay together."""
    batch: list[list[Json]] = []
    for steps in every:
        if sum(map(len, batch)) + len(steps) > MOST_IN_BATCH:
            yield batch
            batch = []
        batch.append(steps)
    if batch:
        yield batch
