"""host.json, with the overrides that application settings give it.

Names and limits: https://learn.microsoft.com/azure/azure-functions/functions-host-json and
https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue#host-json.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.host.settings import AppSettings, SettingWrong

_OVERRIDES = "AzureFunctionsJobHost"
_TIMESPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d{1,7})?))?")
# Azure's default is a minute; a developer does not want to wait that long for the first message.
_MAX_POLLING_INTERVAL = "00:00:02"
_LARGEST_BATCH = 32


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """All times in seconds."""

    batch_size: int
    new_batch_threshold: int
    max_dequeue_count: int
    visibility_timeout: float
    max_polling_interval: float
    base64: bool


@dataclass(frozen=True, slots=True)
class HostJson:
    route_prefix: str
    queues: QueueOptions
    function_timeout: float | None

    @classmethod
    def read(cls, app_dir: Path, settings: AppSettings) -> "HostJson":
        """Raises SettingWrong, naming what is wrong."""
        reader = _Reader(_load(app_dir / "host.json"), settings)
        timeout = reader.text("functionTimeout", default="00:30:00")
        return cls(
            route_prefix=reader.text("extensions", "http", "routePrefix", default="api").strip("/"),
            queues=_queue_options(reader),
            function_timeout=None if timeout == "-1" else seconds(timeout, "functionTimeout"),
        )


def seconds(text: str, name: str) -> float:
    """Of ``[d.]hh:mm[:ss[.fffffff]]``. Raises SettingWrong, calling the value by ``name``."""
    found = _TIMESPAN.fullmatch(text.strip())
    if not found:
        raise SettingWrong(f"{name} must be a time span like 00:00:30, not {text!r}.")
    days, hours, minutes, rest = found.groups()
    return int(days or 0) * 86400 + int(hours) * 3600 + int(minutes) * 60 + float(rest or 0)


class _Reader:
    """Values by path, without regard to case; a setting wins over the file."""

    def __init__(self, document: dict[str, Any], settings: AppSettings) -> None:
        self._document = document
        self._overrides = {tuple(path): value for path, value in settings.below(_OVERRIDES)}

    def text(self, *path: str, default: str) -> str:
        wanted = tuple(part.lower() for part in path)
        if wanted in self._overrides:
            return self._overrides[wanted]
        found: Any = self._document
        for part in wanted:
            lowered = {key.lower(): value for key, value in found.items()} if isinstance(found, dict) else {}
            if part not in lowered:
                return default
            found = lowered[part]
        return str(found)

    def whole(self, *path: str, default: int, least: int, most: int = 2**31 - 1) -> int:
        text = self.text(*path, default=str(default))
        if not re.fullmatch(r"\d{1,10}", text) or not least <= int(text) <= most:
            raise SettingWrong(f"{'.'.join(path)} must be a whole number from {least} to {most}, not {text!r}.")
        return int(text)


def _queue_options(reader: _Reader) -> QueueOptions:
    path = ("extensions", "queues")
    batch = reader.whole(*path, "batchSize", default=16, least=1, most=_LARGEST_BATCH)
    encoding = reader.text(*path, "messageEncoding", default="base64").lower()
    if encoding not in {"base64", "none"}:
        raise SettingWrong(f"extensions.queues.messageEncoding must be base64 or none, not {encoding!r}.")
    polling = reader.text(*path, "maxPollingInterval", default=_MAX_POLLING_INTERVAL)
    return QueueOptions(
        batch_size=batch,
        new_batch_threshold=reader.whole(*path, "newBatchThreshold", default=batch // 2, least=0),
        max_dequeue_count=reader.whole(*path, "maxDequeueCount", default=5, least=1),
        visibility_timeout=seconds(
            reader.text(*path, "visibilityTimeout", default="00:00:00"), "extensions.queues.visibilityTimeout"
        ),
        max_polling_interval=max(0.1, seconds(polling, "extensions.queues.maxPollingInterval")),
        base64=encoding == "base64",
    )


def _load(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingWrong(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise SettingWrong(f"{path} is not JSON: {error}.") from error
    if not isinstance(document, dict):
        raise SettingWrong(f"{path} must hold a JSON object.")
    return document
