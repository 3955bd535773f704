"""Spans and metrics by OpenTelemetry's SDK, set up by its own settings (OTEL_TRACES_EXPORTER, OTEL_METRICS_EXPORTER …).

Every step of a call is a child of the call's span: what is retried or overlaps needs no deeper tree to be understood.
"""

from contextvars import Token
from functools import partial
from threading import Lock
from types import TracebackType
from typing import Self

from opentelemetry import context, metrics, trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.errors import ConnectorError
from shared.telemetry import Attributes, Counter, Gauge, Value, within

_SCOPE = "exchange-connector"
_KINDS = {"consumer": SpanKind.CONSUMER, "server": SpanKind.SERVER, "internal": SpanKind.INTERNAL}
# What every step says too, so that one query by action finds all of its steps.
_SHARED = ("exchange.action.id", "exchange.organization")
_DOORS = frozenset({"EWS", "Graph", "Entra"})
_UNITS = {Gauge.OLDEST_WAITING: "s", Gauge.MAILBOX_LAG: "s"}


class _Call:
    """One call of a function: where its steps hang, and what they all say."""

    def __init__(self, parent: Context, attributes: Attributes) -> None:
        self.parent = parent
        self.shared = {name: attributes[name] for name in _SHARED if name in attributes}


class OpenTelemetryRecorder:
    def __init__(self, tracers: trace.TracerProvider, meters: metrics.MeterProvider) -> None:
        self._tracer = tracers.get_tracer(_SCOPE)
        self._propagator = TraceContextTextMapPropagator()
        meter = meters.get_meter(_SCOPE)
        self._counters = {name: meter.create_counter(name.value) for name in Counter}
        self._lock = Lock()
        self._measured: dict[Gauge, dict[tuple[tuple[str, Value], ...], float]] = {name: {} for name in Gauge}
        for name in Gauge:
            meter.create_observable_gauge(name.value, [partial(self._taken, name)], unit=_UNITS.get(name, "1"))

    def trigger(self, name: str, kind: str, attributes: Attributes, parent: str) -> "_Span":
        above = self._propagator.extract({"traceparent": parent}, context.get_current())
        span = self._tracer.start_span(name, above, _KINDS[kind], attributes=dict(attributes))
        return _Span(self, span, _Call(trace.set_span_in_context(span), attributes))

    def step(self, within: object, name: str, attributes: Attributes) -> "_Span":
        assert isinstance(within, _Call)
        named = {**within.shared, **attributes}
        span = self._tracer.start_span(name, within.parent, SpanKind.CLIENT, attributes=named)
        return _Span(self, span, door=name.partition(" ")[0])

    def count(self, name: Counter, attributes: Attributes) -> None:
        self._counters[name].add(1, dict(attributes))

    def measure(self, name: Gauge, value: float, attributes: Attributes) -> None:
        with self._lock:
            self._measured[name][tuple(sorted(attributes.items()))] = value

    def _taken(self, name: Gauge, _: metrics.CallbackOptions) -> list[metrics.Observation]:
        """Told once: another instance measures next time, and this one would repeat what was true before."""
        with self._lock:
            measured, self._measured[name] = self._measured[name], {}
        return [metrics.Observation(value, dict(attributes)) for attributes, value in measured.items()]


class _Span:
    """``call`` of a function, ``door`` of a step."""

    def __init__(
        self, recorder: OpenTelemetryRecorder, span: trace.Span, call: _Call | None = None, door: str = ""
    ) -> None:
        self._recorder = recorder
        self._span = span
        self._call = call
        self._door = door
        self._tokens: tuple[Token[object | None], Token[Context]] | None = None

    def tell(self, attributes: Attributes) -> None:
        self._span.set_attributes(dict(attributes))

    def refused(self, error: BaseException) -> None:
        """By its code: the words of an error may name a mailbox."""
        code = error.code if isinstance(error, ConnectorError) else type(error).__name__
        self._span.set_attribute("error.type", code)
        self._span.set_status(Status(StatusCode.ERROR))
        if code == "throttled" and self._door in _DOORS:
            self._recorder.count(Counter.THROTTLED, {"door": self._door})

    def __enter__(self) -> Self:
        if self._call:
            self._tokens = (within.set(self._call), context.attach(self._call.parent))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        # A stream that nobody reads to its end is closed, not failed.
        if error is not None and not isinstance(error, GeneratorExit):
            self.refused(error)
        if self._tokens:
            within.reset(self._tokens[0])
            context.detach(self._tokens[1])
        self._span.end()
