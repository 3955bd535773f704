"""A queue message under lease: kept while its function runs, then deleted, given back, or moved to the poison queue."""

import asyncio
import base64
import binascii
import json
import logging
from contextlib import suppress
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.functions.meta import Datum
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from local.host.storage import put

_log = logging.getLogger(__name__)
# Azure's words for: somebody else has it by now, or it is gone.
_LOST = {"MessageNotFound", "PopReceiptMismatch"}


class Undecodable(Exception):
    """The text is not base64, though host.json says that messages are."""


class Message:
    """``lease`` in seconds."""

    def __init__(self, queue: QueueClient, received: QueueMessage, lease: int) -> None:
        self._queue = queue
        self._received = received
        self._pop_receipt = received.pop_receipt
        self._lease = lease
        self._settled = asyncio.Event()

    @property
    def id(self) -> str:
        return str(self._received.id)

    @property
    def dequeue_count(self) -> int:
        return int(self._received.dequeue_count or 0)

    def body(self, *, base64_encoded: bool) -> Datum:
        """As text, which is what the platform hands over. Raises Undecodable."""
        content = self._received.content
        if not base64_encoded:
            return Datum(content, "string")
        try:
            raw = base64.b64decode("".join(content.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise Undecodable from error
        return Datum(raw.decode("utf-8", errors="replace"), "string")

    def metadata(self) -> dict[str, Datum]:
        received = self._received
        times = {
            "ExpirationTime": received.expires_on,
            "InsertionTime": received.inserted_on,
            "NextVisibleTime": received.next_visible_on,
        }
        return {
            "Id": _json(self.id),
            "DequeueCount": _json(self.dequeue_count),
            "PopReceipt": _json(self._pop_receipt),
            **{name: _json(at.isoformat()) for name, at in times.items() if at is not None},
        }

    async def keep(self) -> None:
        """Renew the lease at half time until ``settle``; never interrupt it, a renewal on its way changes the receipt."""
        pause = self._lease / 2
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._settled.wait(), pause)
            if self._settled.is_set():
                return
            try:
                await self._hide(self._lease)
                pause = self._lease / 2
            except AzureError as error:
                if _is_lost(error):
                    _log.warning("message %s: its lease is lost, another process may run it too", self.id)
                    return
                _log.warning("message %s: its lease could not be renewed (%s)", self.id, type(error).__name__)
                pause = self._lease / 10

    def settle(self) -> None:
        self._settled.set()

    async def delete(self) -> None:
        """A lost lease is logged and no failure. Raises AzureError."""
        try:
            await self._queue.delete_message(self.id, self._pop_receipt)
        except HttpResponseError as error:
            self._forgive(error)

    async def give_back(self, visibility_timeout: float) -> None:
        """To be tried again after so many seconds. A lost lease is logged and no failure. Raises AzureError."""
        try:
            await self._hide(int(visibility_timeout))
        except HttpResponseError as error:
            self._forgive(error)

    async def move_to(self, poison: QueueClient) -> None:
        """As it is, undecoded, and for ever. Raises AzureError."""
        _log.warning("message %s: moved to %s after %d tries", self.id, poison.queue_name, self.dequeue_count)
        await put(poison, self._received.content, forever=True)
        await self.delete()

    async def _hide(self, duration: int) -> None:
        updated = await self._queue.update_message(self.id, self._pop_receipt, visibility_timeout=duration)
        self._pop_receipt = updated.pop_receipt

    def _forgive(self, error: HttpResponseError) -> None:
        if not _is_lost(error):
            raise error
        _log.warning("message %s: its lease was lost before it was settled; it may run again", self.id)


def _is_lost(error: AzureError) -> bool:
    return isinstance(error, ResourceNotFoundError) or getattr(error, "error_code", None) in _LOST


def _json(value: Any) -> Datum:
    return Datum(json.dumps(value), "json")
