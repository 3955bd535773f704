"""Whether anybody listens: OpenTelemetry's own settings, read while functions are indexed, so without anything heavy."""

import os

_EXPORTERS = ("OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER")


def telemetry_wanted() -> bool:
    """Whether spans, metrics or logs have an exporter. Which one is OpenTelemetry's to read."""
    return not _disabled() and any(_named(name) for name in _EXPORTERS)


def logs_wanted() -> bool:
    return not _disabled() and _named("OTEL_LOGS_EXPORTER")


def _named(name: str) -> bool:
    return os.environ.get(name, "").strip().lower() not in {"", "none"}


def _disabled() -> bool:
    return os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
