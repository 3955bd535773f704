"""When a timer last ran and should run next, kept in the host's storage, so that a missed run is noticed after a restart."""

import datetime as dt
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError

if TYPE_CHECKING:
    from azure.storage.blob.aio import BlobClient, BlobServiceClient

_CONTAINER = "azure-webjobs-hosts"
_log = logging.getLogger(__name__)


class TimerStatus:
    """An account that is away costs the memory of one run, never the run."""

    def __init__(self, blobs: "Callable[[], BlobServiceClient]", host_id: str, function: str) -> None:
        self._blobs = blobs
        self._name = f"timers/{host_id}/Host.Functions.{function}/status"

    async def read(self) -> dict[str, str]:
        """``Last``, ``Next``, ``LastUpdated``; empty if nothing is known."""
        try:
            download = await self._blob().download_blob()
            found: dict[str, str] = json.loads(await download.readall())
        except ResourceNotFoundError:
            return {}
        except (AzureError, ValueError):
            _log.warning("the timer status %s cannot be read", self._name)
            return {}
        return found

    async def write(self, last: dt.datetime | None, following: dt.datetime) -> None:
        now = dt.datetime.now(dt.UTC)
        last_text = last.isoformat() if last else "0001-01-01T00:00:00"
        status = {"Last": last_text, "Next": following.isoformat(), "LastUpdated": now.isoformat()}
        try:
            with suppress(ResourceExistsError):
                await self._blobs().create_container(_CONTAINER)
            await self._blob().upload_blob(json.dumps(status), overwrite=True)
        except AzureError:
            _log.warning("the timer status %s cannot be written", self._name)

    def _blob(self) -> "BlobClient":
        return self._blobs().get_blob_client(_CONTAINER, self._name)
