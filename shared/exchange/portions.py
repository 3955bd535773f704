"""Many items in as few requests as the server takes: cut into portions, one result per item, nothing done is forgotten."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from shared.errors import ConnectorError, NotNow, Unanswered

T = TypeVar("T")
R = TypeVar("R")


def portions(items: Iterable[T], size: int) -> Iterator[list[T]]:
    portion: list[T] = []
    for item in items:
        portion.append(item)
        if len(portion) == size:
            yield portion
            portion = []
    if portion:
        yield portion


def in_portions(
    portions: Iterable[list[T]], do: Callable[[list[T]], list[R | ConnectorError]]
) -> list[R | ConnectorError]:
    """One result per item. A failing request is raised if it is the first; later, what was done before must not be lost."""
    results: list[R | ConnectorError] = []
    failure: ConnectorError | None = None
    for portion in portions:
        if failure:
            results += [_not_tried(failure)] * len(portion)
            continue
        try:
            results += do(portion)
        except ConnectorError as error:
            if not results:
                raise
            failure = error
            results += [error] * len(portion)
    return results


def _not_tried(failure: ConnectorError) -> ConnectorError:
    """What never left is in no doubt."""
    if isinstance(failure, Unanswered):
        return NotNow("server_busy", "The server did not answer the request before this one.")
    return failure
