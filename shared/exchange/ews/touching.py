"""What is done to mails after their process starts were handed over: at most one request of a kind for a hundred of them."""

from collections.abc import Callable, Sequence

from shared.domain.mail import Touch
from shared.errors import ConnectorError
from shared.exchange.ews.markup import FolderRef
from shared.exchange.ews.move_item import MoveItem
from shared.exchange.ews.operation import AT_ONCE
from shared.exchange.ews.update_item import UpdateItem
from shared.exchange.ews.visit import Visit
from shared.exchange.portions import in_portions, portions

Results = list[ConnectorError | None]


def touch(visit: Visit, touches: Sequence[Touch]) -> Results:
    """First marks, then moves; a mail that could not be marked is not moved."""
    results: Results = [None] * len(touches)
    marked = [at for at, one in enumerate(touches) if one.mark_as_read or one.add_category]
    _do(marked, results, lambda some: UpdateItem(visit).mark([touches[at] for at in some]))
    for target in dict.fromkeys(filter(None, (_target(visit, one) for one in touches))):
        moved = [at for at, one in enumerate(touches) if _target(visit, one) == target and results[at] is None]
        _do(moved, results, lambda some, to=target: MoveItem(visit).move([touches[at].mail_id for at in some], to))  # type: ignore[misc]
    return results


def _do(positions: Sequence[int], results: Results, do: Callable[[list[int]], Results]) -> None:
    for at, result in zip(positions, in_portions(portions(positions, AT_ONCE), do), strict=True):
        results[at] = result


def _target(visit: Visit, one: Touch) -> FolderRef | None:
    if one.move_to:
        return FolderRef(one.move_to)
    return visit.folder("deleteditems") if one.delete else None
