"""Output bindings to queues: what a function set or returned goes out before its message is deleted."""

import base64
import json
import logging
from collections.abc import Iterator
from typing import Any

from local.host.app import Binding, Function, converter
from local.host.invocation import Answer, Failed
from local.host.settings import AppSettings
from local.host.storage import Storage, put

_log = logging.getLogger(__name__)


class Outputs:
    def __init__(self, storage: Storage, settings: AppSettings, *, base64_encoded: bool) -> None:
        self._storage = storage
        self._settings = settings
        self._base64 = base64_encoded

    async def send(self, function: Function, answer: Answer) -> None:
        """Raises Failed, after logging why."""
        for binding in function.outputs:
            value = answer.outs.get(binding.name)
            if binding.type == "queue" and value is not None:
                try:
                    await self._put_all(binding, value)
                except Exception as error:
                    _log.exception("%s: its output %s could not be sent", function.name, binding.name)
                    raise Failed from error

    async def _put_all(self, binding: Binding, value: Any) -> None:
        name = self._settings.expand(binding.text("queueName")).lower()
        queue = self._storage.queue(binding.text("connection"), name)
        for content in _contents(binding, value):
            await put(queue, base64.b64encode(content).decode() if self._base64 else content.decode())


def _contents(binding: Binding, value: Any) -> Iterator[bytes]:
    """A list is several messages; a QueueMessage comes as its JSON description."""
    datum = converter(binding).encode(value, expected_type=None)
    if datum.type != "json":
        yield datum.value if isinstance(datum.value, bytes) else datum.value.encode()
        return
    described = json.loads(datum.value)
    for one in described if isinstance(described, list) else [described]:
        yield (one["body"] if isinstance(one, dict) else one).encode()
