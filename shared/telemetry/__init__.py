"""What operators see of the work: spans and metrics, told by the edges, heard by OpenTelemetry where an exporter is set.

    with trigger("perform_action", about=…): …            one call of a function: the trace of all that it does
    with step("EWS SendItem") as told: …                  one request that leaves for somebody else, inside a call
    count(Counter.GIVEN_UP, {"queue": "mailbox-checks"})  something happened
    measure(Gauge.MAILBOX_LAG, 42)                        how something is, seen by a timer

Without an exporter nothing is imported, and each of these costs less than a microsecond. No address, subject, mailbox path
or URL is ever told: whoever adds an attribute chooses it from what reveals no person (docs/adr/0004). Use cases do not
know this room: triggers and adapters tell what they see at their edges.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from threading import Lock
from types import MappingProxyType, TracebackType
from typing import Protocol, Self

from shared.telemetry.names import Counter, Gauge

__all__ = [
    "Counter",
    "Gauge",
    "Span",
    "Value",
    "count",
    "listen",
    "listening",
    "measure",
    "recording",
    "step",
    "trigger",
]

Value = str | int
Attributes = Mapping[str, Value]


class Span(Protocol):
    """Ends with its block; an error that leaves the block is told by its code, never by its words."""

    def tell(self, attributes: Attributes) -> None: ...

    def refused(self, error: BaseException) -> None:
        """An error that is handed on as a result, not raised."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...


class Recorder(Protocol):
    def trigger(self, name: str, kind: str, attributes: Attributes, parent: str) -> Span: ...

    def step(self, within: object, name: str, attributes: Attributes) -> Span: ...

    def count(self, name: Counter, attributes: Attributes) -> None: ...

    def measure(self, name: Gauge, value: float, attributes: Attributes) -> None: ...


class _Silent:
    def tell(self, attributes: Attributes) -> None:
        """Nobody listens."""

    def refused(self, error: BaseException) -> None:
        """Nobody listens."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


_SILENT = _Silent()
_NOTHING: Attributes = MappingProxyType({})
# The call that this thread works for; what happens outside of one (pools of a use case's own) has no trace to belong to.
within: ContextVar[object | None] = ContextVar("within", default=None)


class _Ears:
    """One process, one telemetry, as OpenTelemetry has it. ``make`` until the first call of a function, then ``recorder``."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.make: Callable[[], Recorder | None] | None = None
        self.recorder: Recorder | None = None

    def open(self) -> Recorder | None:
        if self.make is not None:
            with self.lock:
                if self.make is not None:
                    self.recorder, self.make = self.make(), None
        return self.recorder


_ears = _Ears()


def listen(make: Callable[[], Recorder | None] | None) -> None:
    """``make`` is called at the first call of a function, because an SDK takes a tenth of a second to load. None: be silent."""
    with _ears.lock:
        _ears.make, _ears.recorder = make, None


def listening() -> bool:
    """Whether it is worth to measure what costs something."""
    return _ears.recorder is not None or _ears.make is not None


def recording() -> bool:
    """Whether a step would be told: for edges at which even finding its name costs something."""
    return _ears.recorder is not None and within.get() is not None


def trigger(
    name: str, *, kind: str = "consumer", about: Callable[[], Attributes] | None = None, parent: str = ""
) -> Span:
    """``kind``: consumer, server or internal. ``about`` is asked only where somebody listens. ``parent``: a traceparent."""
    recorder = _ears.recorder or _ears.open()
    return recorder.trigger(name, kind, about() if about else _NOTHING, parent) if recorder else _SILENT


def step(name: str, attributes: Attributes = _NOTHING) -> Span:
    """A request inside of the present call. It is no parent of others, so it may span a generator."""
    recorder = _ears.recorder
    if recorder is None:
        return _SILENT
    call = within.get()
    return recorder.step(call, name, attributes) if call is not None else _SILENT


def count(name: Counter, attributes: Attributes = _NOTHING) -> None:
    if _ears.recorder is not None:
        _ears.recorder.count(name, attributes)


def measure(name: Gauge, value: float, attributes: Attributes = _NOTHING) -> None:
    if _ears.recorder is not None:
        _ears.recorder.measure(name, value, attributes)
