"""Sets OpenTelemetry's SDK up, by its own settings and once per process. Whatever fails here leaves the functions at work."""

import logging

from opentelemetry.metrics import get_meter_provider
from opentelemetry.sdk._configuration import _OTelSDKConfigurator
from opentelemetry.trace import get_tracer_provider

from shared.telemetry.recorder import OpenTelemetryRecorder

_log = logging.getLogger(__name__)


class _Configurator(_OTelSDKConfigurator):
    """The SDK's own: made to be subclassed by whoever packages it. No library is instrumented; we say ourselves what we do."""


def recorder(*, logs: bool) -> OpenTelemetryRecorder | None:
    """``logs``: log lines are exported too, after ``shared.redaction`` has seen them. None, and a line in the log, where a
    setting of OpenTelemetry is wrong.
    """
    try:
        _Configurator().configure()  # type: ignore[no-untyped-call]
        if logs:
            _export_logs()
        return OpenTelemetryRecorder(get_tracer_provider(), get_meter_provider())
    except Exception as exc:  # noqa: BLE001  (exporters are plugged in by name: any of them may raise anything)
        _log.warning("telemetry is off: %s", exc)
        return None


def _export_logs() -> None:
    from opentelemetry.instrumentation.logging.handler import LoggingHandler

    logging.getLogger().addHandler(LoggingHandler(level=logging.INFO))
