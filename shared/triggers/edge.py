"""The edge of queue and timer functions: one call is one trace, and what a call raises tells the host no secret."""

import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import azure.functions as func

from shared.redaction import redacted
from shared.telemetry import Value, trigger


class Unforeseen(Exception):
    """A bug or a surprise, its words made fit for a log: the host writes down what a function raises."""


def parent_of(context: func.Context) -> str:
    """The W3C ``traceparent`` of the host's own span. Not every worker attaches it to the thread of a function."""
    return str(getattr(getattr(context, "trace_context", None), "trace_parent", None) or "")


@contextmanager
def edge(
    name: str,
    context: func.Context,
    *,
    kind: str = "consumer",
    about: Callable[[], Mapping[str, Value]] | None = None,
) -> Iterator[None]:
    """Raises Unforeseen for whatever leaves the block, so that the host delivers the message again."""
    try:
        with trigger(name, parent=parent_of(context), kind=kind, about=about):
            yield
    except Exception as exc:  # noqa: BLE001  (the trigger's edge: raised on, without its secrets)
        words = redacted("".join(traceback.format_exception(exc)))
        raise Unforeseen(words) from None
