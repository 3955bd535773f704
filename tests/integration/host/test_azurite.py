"""Azurite as a child process: it keeps what it was given, and comes back where it was."""

import os
import subprocess
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient

from local.azurite import Azurite, AzuriteFailed


def test_a_stored_message_can_be_read_back(storage: str) -> None:
    with QueueClient.from_connection_string(storage, f"q-{uuid.uuid4()}") as queue:
        queue.create_queue()
        queue.send_message("hello")

        assert [message.content for message in queue.receive_messages()] == ["hello"]


def test_it_comes_back_on_the_same_ports_with_what_was_stored(tmp_path: Path) -> None:
    with Azurite(tmp_path) as azurite:
        before = azurite.connection_string
        with BlobServiceClient.from_connection_string(before) as blobs:
            blobs.create_container("kept").upload_blob("letter", b"Dear Kim")
        azurite.stop()
        assert azurite.pid is None

        azurite.start()

        assert azurite.connection_string == before
        with BlobServiceClient.from_connection_string(before) as blobs:
            assert blobs.get_blob_client("kept", "letter").download_blob().readall() == b"Dear Kim"


def test_nothing_of_it_is_left_after_stop() -> None:
    with Azurite() as azurite:
        pid = azurite.pid
        assert pid is not None

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_machine_without_it_is_told_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(AzuriteFailed, match="npm install"):
        Azurite(root=tmp_path).start()


class Counted(Azurite):
    """Knows every program that it has started."""

    def __init__(self) -> None:
        super().__init__()
        self.spawned: list[subprocess.Popen[bytes]] = []

    def _spawn(self) -> subprocess.Popen[bytes]:
        self.spawned.append(super()._spawn())
        return self.spawned[-1]


@pytest.mark.parametrize("moment", [0.0, 0.1, 0.4])
def test_stopped_while_it_starts_it_leaves_nothing(moment: float) -> None:
    azurite = Counted()
    with ThreadPoolExecutor(1) as thread:
        starting = thread.submit(azurite.start)
        while not azurite.spawned:
            time.sleep(0.01)
        time.sleep(moment)
        azurite.stop()
        with suppress(AzuriteFailed):  # on a fast machine it was up already
            starting.result()
    assert len(azurite.spawned) == 1
    assert azurite.spawned[0].poll() is not None
