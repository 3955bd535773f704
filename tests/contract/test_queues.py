"""What our own queues promise, and in which form the functions host finds what lies in them."""

import base64
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from azure.storage.queue import QueueClient

from shared.errors import Rejected
from shared.ports.queues import Queue
from shared.storage.connect import StorageAccount
from shared.storage.queues import StorageQueues
from tests.fakes.clock import FakeClock
from tests.fakes.queues import FakeQueues


class FakeSide:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.queues = FakeQueues(self.clock)

    def take(self, queue: str) -> list[dict[str, Any]]:
        return self.queues.take(queue)

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)


class AzureSide:
    def __init__(self, account: StorageAccount) -> None:
        self.account = account
        self.queues = StorageQueues(account)

    def client(self, queue: str) -> QueueClient:
        return self.account.queues.get_queue_client(queue)

    def take(self, queue: str) -> list[dict[str, Any]]:
        taken = list(self.client(queue).receive_messages(max_messages=32))
        for message in taken:
            self.client(queue).delete_message(message)
        return [json.loads(base64.b64decode(message.content)) for message in taken]

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)


@pytest.fixture
def side(kind: str, request: pytest.FixtureRequest) -> Iterator[FakeSide | AzureSide]:
    if kind == "fake":
        yield FakeSide()
        return
    azure = AzureSide(request.getfixturevalue("account"))
    yield azure
    for queue in Queue:
        if azure.queues.length(queue):
            azure.client(queue).clear_messages()


def test_a_message_arrives_as_it_was_put(side: FakeSide | AzureSide) -> None:
    message = {"organization": "contoso", "note": "Grüße <世界> & \U0001f4e6", "n": [1, None, True]}
    side.queues.put(Queue.ACTIONS, message)
    assert side.take("exchange-actions") == [message]
    assert side.take("exchange-actions") == []


def test_a_delayed_message_is_hidden_until_its_time(side: FakeSide | AzureSide) -> None:
    side.queues.put(Queue.CHECKS, {"n": 1}, delay=timedelta(milliseconds=700))
    side.queues.put(Queue.CHECKS, {"n": 2}, delay=timedelta(seconds=-5))
    assert side.take("mailbox-checks") == [{"n": 2}]
    side.wait(1.5)
    assert side.take("mailbox-checks") == [{"n": 1}]


def test_the_length_counts_what_is_hidden_too(side: FakeSide | AzureSide) -> None:
    side.queues.put(Queue.DELIVERIES, {"n": 1}, delay=timedelta(hours=1))
    side.queues.put(Queue.DELIVERIES, {"n": 2})
    assert side.queues.length("mail-deliveries") == 2
    assert side.queues.length("no-such-queue-poison") == 0


def test_a_delay_beyond_a_week_is_a_week(side: FakeSide | AzureSide) -> None:
    side.queues.put(Queue.ACTIONS, {"n": 1}, delay=timedelta(days=365))
    assert side.take("exchange-actions") == []
    assert side.queues.length("exchange-actions") == 1


def test_a_message_too_large_for_a_queue_is_refused(account: StorageAccount) -> None:
    queues = StorageQueues(account)
    queues.put_text("size-limit", "x" * 48 * 1024)
    with pytest.raises(Rejected) as refused:
        queues.put_text("size-limit", "x" * (48 * 1024 + 1))
    assert refused.value.code == "too_large"


def test_a_message_never_expires(account: StorageAccount) -> None:
    StorageQueues(account).put_text("for-ever", "{}")
    (message,) = account.queues.get_queue_client("for-ever").peek_messages()
    assert message.expires_on.year > 9000
