"""What goes to the process engine: a message on its queue and, where the data does not fit into one, a blob beside it."""

from hashlib import sha256

from shared.domain.event import CloudEvent
from shared.ports.blobs import Blobs
from shared.storage.queues import StorageQueues

_EVENTS = "process-events"
_STARTS = "process-starts"
# 48 KiB become the 64 KiB of a queue message in base64.
LARGEST_EVENT = 48 * 1024


class QueueOutbox:
    def __init__(self, queues: StorageQueues, blobs: Blobs) -> None:
        self._queues = queues
        self._blobs = blobs

    def tell(self, organization: str, event: CloudEvent) -> None:
        self._queues.put_text(_EVENTS, self._fitting(organization, event))

    def start_process(self, organization: str, event: CloudEvent) -> None:
        self._queues.put_text(_STARTS, self._fitting(organization, event))

    def _fitting(self, organization: str, event: CloudEvent) -> str:
        text = event.model_dump_json(by_alias=True, exclude_none=True)
        if len(text.encode()) <= LARGEST_EVENT:
            return text
        # The same event lies at the same path, however often it is told.
        name = sha256(f"{event.source}\n{event.id}".encode()).hexdigest()
        path = f"incoming/{organization}/events/{name}.json"
        self._blobs.put(path, _data(event), content_type="application/json")
        beside = event.model_copy(update={"data": None, "dataref": path})
        return beside.model_dump_json(by_alias=True, exclude_none=True)


def _data(event: CloudEvent) -> bytes:
    from pydantic_core import to_json

    return to_json(event.data)
