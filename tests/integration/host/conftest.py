"""Hosts that end with their test."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.host.hosted import Hosted, Queue, write_app


@pytest.fixture
def queue(storage: str) -> Iterator[Queue]:
    """A queue of the test's own, which its apps know as ``%QUEUE%``."""
    made = Queue(storage, f"orders-{uuid.uuid4().hex[:12]}")
    yield made
    made.client.close()


@pytest.fixture
def poison(storage: str, queue: Queue) -> Iterator[Queue]:
    """Its poison queue, which nobody has created yet."""
    made = Queue(storage, f"{queue.name}-poison", create=False)
    yield made
    made.client.close()


@pytest.fixture
def run_app(tmp_path: Path, storage: str, queue: Queue) -> Iterator[Callable[..., Hosted]]:
    """``run_app(source, *arguments, queues={...}, SETTING="value")``; without a source the same app once more."""
    hosts: list[Hosted] = []

    def run(source: str = "", *arguments: str, queues: dict[str, Any] | None = None, **environ: str) -> Hosted:
        if source:
            write_app(tmp_path, source, queues)
        settings = {"AzureWebJobsStorage": storage, "QUEUE": queue.name, "LOCAL_QUEUE_LEASE": "3", **environ}
        hosts.append(Hosted(tmp_path, settings, *arguments))
        assert hosts[-1].first_line.startswith("ready "), hosts[-1].log()
        return hosts[-1]

    yield run
    for host in hosts:
        host.end()
