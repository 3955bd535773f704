"""Small function apps written on the spot, run by the real host as a process of its own."""

import base64
import http.client
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

ROOT = Path(__file__).resolve().parents[3]
# note() tells the test what happened; appending a short line is atomic between processes.
PRELUDE = """
import asyncio, json, logging, os, threading, time
import azure.functions as func

app = func.FunctionApp()

def note(**facts):
    line = json.dumps({**facts, "pid": os.getpid(), "at": time.time()}) + chr(10)
    with open(os.environ["NOTES"], "a") as notes:
        notes.write(line)
"""
QUEUES = {"visibilityTimeout": "00:00:01", "maxPollingInterval": "00:00:00.200"}


@dataclass(frozen=True)
class Reply:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def json(self) -> Any:
        return json.loads(self.body)


class Hosted:
    """One host process and what it did."""

    def __init__(self, folder: Path, environ: Mapping[str, str], *arguments: str) -> None:
        self.folder = folder
        self._notes = folder / "notes.jsonl"
        self._log = folder / f"log-{uuid.uuid4()}.txt"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "local.host", "--app-dir", str(folder), "--with-parent", *arguments],
                cwd=ROOT,
                env={**os.environ, "NOTES": str(self._notes), **environ},
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self.process.stdout is not None
        self.first_line = self.process.stdout.readline().decode().strip()
        self.port = int(self.first_line.rpartition(":")[2]) if "http" in self.first_line else 0

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | list[tuple[str, str]] = ()
    ) -> Reply:
        """The path goes out exactly as given."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.putrequest(method, path)
            for name, value in dict(headers).items() if isinstance(headers, Mapping) else headers:
                connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            return Reply(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    def notes(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._notes.read_text().splitlines()] if self._notes.exists() else []

    def log(self) -> str:
        return self._log.read_text()

    def end(self, number: int = signal.SIGTERM) -> int:
        """The exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


def write_app(folder: Path, source: str, queues: Mapping[str, Any] | None = None) -> None:
    (folder / "function_app.py").write_text(PRELUDE + source)
    options = {"version": "2.0", "extensions": {"queues": {**QUEUES, **(queues or {})}}}
    (folder / "host.json").write_text(json.dumps(options))


class Queue:
    """What a sender and an operator see of a queue; messages are base64 as Azure Functions expects."""

    def __init__(self, storage: str, name: str, *, create: bool = True) -> None:
        self.name = name
        self.client = QueueClient.from_connection_string(storage, name)
        if create:
            self.client.create_queue()

    def put(self, *texts: str) -> None:
        for text in texts:
            self.client.send_message(base64.b64encode(text.encode()).decode())

    def texts(self) -> list[str]:
        """Of the visible messages."""
        return [base64.b64decode(message.content).decode() for message in self.client.peek_messages(32)]

    def count(self) -> int:
        """Visible or not."""
        return int(self.client.get_queue_properties().approximate_message_count)

    def exists(self) -> bool:
        try:
            self.client.get_queue_properties()
        except ResourceNotFoundError:
            return False
        return True


def eventually(look: Callable[[], Any], seconds: float = 20.0) -> Any:
    """The first truthy answer; the last one when the time is over."""
    deadline = time.monotonic() + seconds
    while not (seen := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return seen
