"""Work for ourselves on storage queues, in the encoding that the functions host expects."""

import json
from base64 import b64encode
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

from shared.ports.queues import Queue
from shared.storage.connect import StorageAccount
from shared.storage.translate import patiently

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient

_FOR_EVER = -1
_MESSAGE = b"<QueueMessage><MessageText>%s</MessageText></QueueMessage>"
# A message can be hidden for seven days at most; whoever takes it earlier than wanted puts it back.
_LONGEST_DELAY = timedelta(days=7)


class StorageQueues:
    def __init__(self, account: StorageAccount) -> None:
        self._account = account

    def put(self, queue: Queue, message: dict[str, Any], *, delay: timedelta = timedelta()) -> None:
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        self.put_text(queue, text, delay=delay)

    def put_text(self, name: str, text: str, *, delay: timedelta = timedelta()) -> None:
        """Raises Rejected ``too_large`` above 48 KiB of UTF-8, which is 64 KiB in base64."""
        service = self._account.service("queue")
        hidden = ceil(max(timedelta(), min(delay, _LONGEST_DELAY)).total_seconds())
        messages = f"{service.address}/{name}/messages?visibilitytimeout={hidden}&messagettl={_FOR_EVER}"
        body = _MESSAGE % b64encode(text.encode())
        patiently(
            lambda _: service.ask("POST", messages, {"Content-Type": "application/xml"}, body),
            create=lambda: self._client(name).create_queue(),
        )

    def length(self, name: str) -> int:
        """Hidden messages count too."""
        from azure.core.exceptions import ResourceNotFoundError

        def count(_tries: int) -> int:
            try:
                return self._client(name).get_queue_properties().approximate_message_count or 0
            except ResourceNotFoundError:
                return 0

        return patiently(count)

    def _client(self, name: str) -> "QueueClient":
        return self._account.queues.get_queue_client(name)
