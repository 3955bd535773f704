"""Queue triggers: a listener per function takes pages of messages and sees each through to its end.

Semantics: https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger and
QueueListener, QueueProcessor of Microsoft.Azure.WebJobs.Extensions.Storage.Queues 5.
"""

import asyncio
import logging

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.queue.aio import QueueClient

from local.host.app import Function
from local.host.host_json import QueueOptions
from local.host.invocation import Failed, Invoker
from local.host.message import Message, Undecodable
from local.host.outputs import Outputs
from local.host.stopping import Stopping

_log = logging.getLogger(__name__)
_FIRST_PAUSE = 0.1
_POISON = "-poison"
_LONGEST_NAME = 63


def poison_name(queue: str) -> str | None:
    """None where the platform has no poison queue: for a poison queue itself, and where the name would be too long."""
    name = queue + _POISON
    return None if queue.endswith(_POISON) or len(name) > _LONGEST_NAME else name


class QueueListener:
    """``lease`` in seconds; ``poison`` as of ``poison_name``."""

    def __init__(
        self,
        function: Function,
        queue: QueueClient,
        poison: QueueClient | None,
        *,
        options: QueueOptions,
        lease: int,
        invoke: Invoker,
        outputs: Outputs,
    ) -> None:
        self._function = function
        self._queue = queue
        self._poison = poison
        self._options = options
        self._lease = lease
        self._invoke = invoke
        self._outputs = outputs
        self._running: set[asyncio.Task[None]] = set()
        self._outage = False

    async def run(self, stopping: Stopping) -> None:
        """Until stopping is wished for and everything that was taken has ended."""
        pause = _FIRST_PAUSE
        while not stopping.wished:
            if await self._take_page():
                pause = _FIRST_PAUSE
                await self._until_there_is_room(stopping)
            else:
                await stopping.pause(pause)
                pause = min(pause * 2, self._options.max_polling_interval)
        while self._running:
            await asyncio.wait(self._running)

    async def _take_page(self) -> bool:
        size = self._options.batch_size
        pages = self._queue.receive_messages(
            messages_per_page=size, max_messages=size, visibility_timeout=self._lease
        ).by_page()
        try:
            page = await anext(pages, None)
            received = [message async for message in page] if page is not None else []
        except ResourceNotFoundError:
            return False  # nobody has created the queue yet: the same as an empty one
        except AzureError as error:
            self._note_outage(error)
            return False
        if self._outage:
            self._outage = False
            _log.info("queue %s is back", self._queue.queue_name)
        for one in received:
            task = asyncio.create_task(self._see_through(Message(self._queue, one, self._lease)))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return bool(received)

    async def _until_there_is_room(self, stopping: Stopping) -> None:
        wish = asyncio.create_task(stopping.wait())
        while len(self._running) > self._options.new_batch_threshold and not stopping.wished:
            await asyncio.wait({wish, *self._running}, return_when=asyncio.FIRST_COMPLETED)
        wish.cancel()

    def _note_outage(self, error: AzureError) -> None:
        if not self._outage:
            _log.warning("queue %s cannot be reached (%s); trying on", self._queue.queue_name, type(error).__name__)
        self._outage = True

    async def _see_through(self, message: Message) -> None:
        try:
            await self._process(message)
        except AzureError as error:
            _log.warning(
                "message %s could not be settled (%s); it comes back when its lease ends",
                message.id,
                type(error).__name__,
            )

    async def _process(self, message: Message) -> None:
        if self._poison and message.dequeue_count > self._options.max_dequeue_count:
            await message.move_to(self._poison)
            return
        renewal = asyncio.create_task(message.keep())
        try:
            succeeded = await self._succeeds(message)
        except Undecodable:
            _log.exception("message %s is not base64, as messageEncoding in host.json says", message.id)
            if self._poison:
                await message.move_to(self._poison)
            return
        finally:
            message.settle()
            await renewal
        await self._settle(message, succeeded=succeeded)

    async def _succeeds(self, message: Message) -> bool:
        """Raises Undecodable: trying that again would be vain."""
        body = message.body(base64_encoded=self._options.base64)
        try:
            answer = await self._invoke(self._function, body, message.metadata())
            await self._outputs.send(self._function, answer)
        except Failed:
            return False
        return True

    async def _settle(self, message: Message, *, succeeded: bool) -> None:
        if succeeded:
            await message.delete()
        elif self._poison is None:
            # Without a poison queue a failed message rests until its lease ends: that slows down an endless loop.
            _log.warning("message %s failed and stays hidden until its lease ends", message.id)
        elif message.dequeue_count >= self._options.max_dequeue_count:
            await message.move_to(self._poison)
        else:
            await message.give_back(self._options.visibility_timeout)
