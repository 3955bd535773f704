"""The storage accounts that bindings name, one client each for the life of the process."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from local.host.settings import AppSettings

if TYPE_CHECKING:
    from azure.storage.blob.aio import BlobServiceClient

# The SDK's own policy waits 15 s before its first retry.
_RETRY: dict[str, Any] = {"retry_total": 2, "initial_backoff": 1, "increment_base": 1, "random_jitter_range": 0}


class Storage:
    def __init__(self, settings: AppSettings) -> None:
        self._settings = settings
        self._queues: dict[str, QueueServiceClient] = {}
        self._blobs: BlobServiceClient | None = None

    def queue(self, connection: str, name: str) -> QueueClient:
        """Message texts go through unencoded. Raises SettingWrong without a connection string."""
        text = self._settings.connection_string(connection)
        if text not in self._queues:
            self._queues[text] = QueueServiceClient.from_connection_string(text, **_RETRY)
        return self._queues[text].get_queue_client(name)

    def blobs(self) -> "BlobServiceClient":
        """Of the host's own account. Raises SettingWrong without a connection string."""
        from azure.storage.blob.aio import BlobServiceClient

        if self._blobs is None:
            text = self._settings.connection_string("AzureWebJobsStorage")
            self._blobs = BlobServiceClient.from_connection_string(text, **_RETRY)
        return self._blobs

    async def close(self) -> None:
        for client in self._queues.values():
            await client.close()
        if self._blobs is not None:
            await self._blobs.close()


async def put(queue: QueueClient, content: str, *, forever: bool = False) -> None:
    """Creates the queue where it is missing. Raises AzureError."""
    time_to_live = -1 if forever else None
    try:
        await queue.send_message(content, time_to_live=time_to_live)
    except ResourceNotFoundError:
        with suppress(ResourceExistsError):  # somebody else was quicker
            await queue.create_queue()
        await queue.send_message(content, time_to_live=time_to_live)
