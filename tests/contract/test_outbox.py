"""What the process engine finds on its queues."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.event import CloudEvent
from shared.storage.blobs import StorageBlobs
from shared.storage.connect import StorageAccount
from shared.storage.outbox import QueueOutbox
from shared.storage.queues import StorageQueues


@pytest.fixture
def blobs(account: StorageAccount) -> StorageBlobs:
    return StorageBlobs(account)


@pytest.fixture
def outbox(account: StorageAccount, blobs: StorageBlobs) -> Iterator[QueueOutbox]:
    """Its queues are empty: other tests of this process share them."""
    _clear(account)
    yield QueueOutbox(StorageQueues(account), blobs)
    _clear(account)


def _clear(account: StorageAccount) -> None:
    for queue in ("process-events", "process-starts"):
        if StorageQueues(account).length(queue):
            account.queues.get_queue_client(queue).clear_messages()


def event(**data: Any) -> CloudEvent:
    return CloudEvent(
        id="order-4711",
        source="/organizations/contoso/connections/0b6c",
        type="exchange.action.succeeded",
        subject="order-4711",
        time=datetime(2026, 11, 24, 9, tzinfo=UTC),
        data=data,
    )


def read(account: StorageAccount, queue: str) -> list[dict[str, Any]]:
    messages = account.queues.get_queue_client(queue).receive_messages(max_messages=32)
    return [json.loads(base64.b64decode(message.content)) for message in messages]


def test_an_event_is_structured_json_in_base64(account: StorageAccount, outbox: QueueOutbox) -> None:
    outbox.tell("contoso", event(startedAt=None, correlation={"none": None}, note="Grüße"))
    assert read(account, "process-events") == [
        {
            "specversion": "1.0",
            "id": "order-4711",
            "source": "/organizations/contoso/connections/0b6c",
            "type": "exchange.action.succeeded",
            "subject": "order-4711",
            "time": "2026-11-24T09:00:00Z",
            "datacontenttype": "application/json",
            "data": {"startedAt": None, "correlation": {"none": None}, "note": "Grüße"},
        }
    ]


def test_process_starts_have_a_queue_of_their_own(account: StorageAccount, outbox: QueueOutbox) -> None:
    outbox.start_process("contoso", event(processId="invoice"))
    assert [start["data"] for start in read(account, "process-starts")] == [{"processId": "invoice"}]


@pytest.mark.parametrize("letters", ["x" * 49_200, "ü" * 24_700, "世" * 17_000])
def test_an_event_too_large_for_a_message_travels_by_reference(
    account: StorageAccount, outbox: QueueOutbox, blobs: StorageBlobs, letters: str
) -> None:
    outbox.tell("contoso", event(note=letters, none=None))
    outbox.tell("contoso", event(note=letters, none=None))
    first, second = read(account, "process-events")
    assert first == second
    assert "data" not in first
    assert first["dataref"].startswith("incoming/contoso/events/")
    assert json.loads(blobs.get(first["dataref"])) == {"note": letters, "none": None}
    assert blobs.content_type(first["dataref"]) == "application/json"


def test_the_largest_event_that_fits_is_sent_whole(account: StorageAccount, outbox: QueueOutbox) -> None:
    frame = len(event(note="").model_dump_json(by_alias=True, exclude_none=True))
    outbox.tell("contoso", event(note="x" * (48 * 1024 - frame)))
    outbox.tell("contoso", event(note="x" * (48 * 1024 - frame + 1)))
    assert ["data" in told for told in read(account, "process-events")] == [True, False]
