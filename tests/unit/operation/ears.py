"""Telemetry that is kept in memory, so that tests can read what operators would."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.telemetry import listen
from shared.telemetry.recorder import OpenTelemetryRecorder


class Heard:
    def __init__(self) -> None:
        self._spans, self._metrics = InMemorySpanExporter(), InMemoryMetricReader()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        self.meters = MeterProvider([self._metrics])

    @property
    def spans(self) -> dict[str, Any]:
        """By name, the last of each."""
        return {span.name: span for span in self._spans.get_finished_spans()}

    @property
    def text(self) -> str:
        return "".join(span.to_json() for span in self._spans.get_finished_spans())

    def values(self) -> dict[tuple[str, ...], float]:
        """By metric's name and the values of its attributes in the order of their names."""
        data = self._metrics.get_metrics_data()
        return {
            (metric.name, *(str(value) for _, value in sorted(point.attributes.items()))): point.value
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            for point in metric.data.data_points
        }


@contextmanager
def heard() -> Iterator[Heard]:
    ears = Heard()
    listen(lambda: OpenTelemetryRecorder(ears.tracers, ears.meters))
    try:
        yield ears
    finally:
        listen(None)
