"""Everything that a running stack keeps or has said: logs, tables, blobs, messages on queues, answers of every GET route."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from tests.e2e.stack import ADMIN, ENGINE, Stack

Found = tuple[str, str]
"""Where, and the text."""


def everything(stack: Stack) -> Iterator[Found]:
    yield from logs(stack)
    yield from _tables(stack)
    yield from _blobs(stack)
    yield from _messages(stack)
    yield from _answers(stack)


def logs(stack: Stack) -> Iterator[Found]:
    for path in sorted(Path(stack.folder).rglob("*.log")):
        yield f"log {path.name}", path.read_text("utf-8", "replace")


def _tables(stack: Stack) -> Iterator[Found]:
    with TableServiceClient.from_connection_string(stack.endpoints["storage"]) as service:
        for table in service.list_tables():
            for row in service.get_table_client(table.name).list_entities():
                yield f"table {table.name}", repr(dict(row))


def _blobs(stack: Stack) -> Iterator[Found]:
    with BlobServiceClient.from_connection_string(stack.endpoints["storage"]) as service:
        for container in service.list_containers():
            client = service.get_container_client(container.name)
            for blob in client.list_blobs():
                content = client.download_blob(blob.name).readall()
                yield f"blob {container.name}/{blob.name}", content.decode("utf-8", "replace")


def _messages(stack: Stack) -> Iterator[Found]:
    with QueueServiceClient.from_connection_string(stack.endpoints["storage"]) as service:
        for queue in service.list_queues():
            for message in service.get_queue_client(queue.name).peek_messages(32):
                yield f"queue {queue.name}", base64.b64decode(message.content).decode("utf-8", "replace")
    for name, taken in stack.taken.items():
        yield from ((f"queue {name}", repr(message)) for message in taken)


def _answers(stack: Stack) -> Iterator[Found]:
    """Of every route without more values than an organization, and of each thing that a list names."""
    paths = stack.http("GET", "/openapi.json").json()["paths"]
    for template in sorted(path for path in paths if "get" in paths[path]):
        path = template.removeprefix("/api").replace("{organization}", "contoso")
        if "{" in path or path == "/openapi.json":
            continue
        answer = stack.http("GET", path, who=ADMIN)
        yield f"GET {path}", answer.text
        for item in answer.json().get("items", []) if path.startswith("/organizations/") else []:
            identifier = item.get("id") or item.get("appointmentId")
            for who in (ADMIN, ENGINE):
                yield f"GET {path}/…", stack.http("GET", f"{path}/{identifier}", who=who).text
            if path.endswith("/watches"):
                yield f"GET {path}/…/journal", stack.http("GET", f"{path}/{identifier}/journal").text


def spelt(secret: str) -> re.Pattern[str]:
    """As it is, and as the usual encodings write it, where it is long enough to be told from chance."""
    raw = secret.encode()
    # In base64 the same bytes look different at each of three offsets; the ends belong to the neighbours.
    encoded = {base64.b64encode(b"\0" * lead + raw).decode()[lead + 1 : -4] for lead in range(3)}
    forms = {
        secret,
        raw.hex(),
        "".join(f"{letter}\\x00" for letter in secret),
        *(one for one in encoded if len(one) > 7),
    }
    return re.compile("|".join(re.escape(form) for form in sorted(forms)))
