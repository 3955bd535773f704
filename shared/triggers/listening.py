"""Whether this process tells what it does: OpenTelemetry's own settings decide, and load nothing before the first call."""

from shared.config.telemetry import logs_wanted, telemetry_wanted
from shared.telemetry import Recorder, listen


def listen_if_wanted() -> None:
    listen(_recorder if telemetry_wanted() else None)


def _recorder() -> Recorder | None:
    from shared.telemetry.setup import recorder

    return recorder(logs=logs_wanted())
