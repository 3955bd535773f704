"""The whole product in its own folder, known only by ``endpoints.json``: HTTP, queues, SMTP, EWS, control routes."""

import base64
import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypeVar
from uuid import uuid4

import requests
from azure.storage.queue import QueueClient

from tests.e2e.contract import Contract

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
ADMIN, ENGINE, ANNA, BOB = (
    "admin@contoso.example",
    "engine@contoso.example",
    "anna@contoso.example",
    "bob@contoso.example",
)
SHORT = {
    "UNANSWERED_WAIT_SECONDS": "2",
    "LOOKUP_WAIT_SECONDS": "3",
    "SECOND_TRY_SECONDS": "4",
    "SWEEP_GRACE_SECONDS": "2",
    "RETRY_FIRST_SECONDS": "1",
    "LOCAL_QUEUE_LEASE": "6",
    "MAILBOX_CHECK_SCHEDULE": "*/2 * * * * *",
    "SWEEP_SCHEDULE": "*/2 * * * * *",
    "AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:02",
}


class Stack:
    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        # Coverage and other settings of the test run stay out of the product.
        # Two stacks that start at the same moment would both find the usual port free.
        own = {"LOCAL_DIR": str(folder), "FUNCTIONS_PORT": str(free_port()), "TOUR": "no"}
        self._environment = {**os.environ, **SHORT, **own, **environment}

    def __enter__(self) -> Self:
        self._log = (self.folder / "launcher.log").open("w")
        self._launcher = subprocess.Popen(
            [sys.executable, "-m", "local"],
            cwd=ROOT,
            env=self._environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        try:
            self.endpoints = eventually(self._ready, seconds=90, what="the stack to be ready")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._launcher.send_signal(signal.SIGTERM)
        try:
            self._launcher.wait(30)
        except subprocess.TimeoutExpired:
            self._launcher.kill()
        self._log.close()

    def _ready(self) -> dict[str, Any] | None:
        if self._launcher.poll() is not None:
            raise AssertionError((self.folder / "launcher.log").read_text())
        path = self.folder / "endpoints.json"
        return json.loads(path.read_text()) if path.exists() else None

    def now(self) -> dict[str, Any]:
        """The endpoints as they are at this moment: process ids change."""
        found: dict[str, Any] = json.loads((self.folder / "endpoints.json").read_text())
        return found

    # HTTP

    def http(
        self, method: str, path: str, body: Any = None, *, who: str | None = ADMIN, **headers: str
    ) -> requests.Response:
        """Asks again while a killed process is coming back, as any client would."""

        def ask() -> requests.Response | None:
            try:
                return requests.request(
                    method,
                    f"{self.endpoints['functions']}/api{path}",
                    json=body,
                    auth=(who, "local") if who else None,
                    headers=headers,
                    timeout=60,
                )
            except requests.ConnectionError:
                return None

        return eventually(ask, seconds=20, what="the functions to answer")

    def connect(self, address: str, password: str | None = None, **more: Any) -> str:
        form = {
            "displayName": f"Mail of {address}",
            "type": "classic",
            "url": self.endpoints["ews"],
            "username": address,
            "password": password or self.endpoints["mailboxes"][address],
            **more,
        }
        answer = self.http("POST", "/organizations/contoso/connections", form)
        assert answer.status_code == 201, answer.text
        identifier: str = answer.json()["id"]
        return identifier

    def connect_online(self, address: str | None, **more: Any) -> str:
        """By Graph and the person's password, unless ``more`` says otherwise; None: nobody's."""
        person = {"username": address, "password": self.endpoints["mailboxes"][address]} if address else {}
        form = {
            "displayName": f"Online mail of {address}",
            "type": "exchangeOnline",
            "clientId": self.endpoints["entraClientId"],
            "tenantId": self.endpoints["entraTenantId"],
            **person,
            **more,
        }
        given = {name: value for name, value in form.items() if value is not None}
        answer = self.http("POST", "/organizations/contoso/connections", given)
        assert answer.status_code == 201, answer.text
        identifier: str = answer.json()["id"]
        return identifier

    # queues

    def queue(self, name: str) -> QueueClient:
        return QueueClient.from_connection_string(self.endpoints["storage"], name)

    def order(self, connection: str, recipient: str, **changes: Any) -> dict[str, Any]:
        parameters = {
            "to": [recipient],
            "subject": "Your order",
            "body": {"contentType": "text", "content": "Thank you."},
        }
        return {
            "id": f"order-{uuid4()}",
            "organization": "contoso",
            "connectionId": connection,
            "requestedBy": ANNA,
            "action": "sendEmail",
            "parameters": {**parameters, **changes.pop("parameters", {})},
            "correlation": {"processInstanceId": "4711"},
            **changes,
        }

    def put(self, *messages: dict[str, Any] | bytes) -> list[str]:
        """The ids that the queue gave them. What is meant to be wrong is put as bytes."""
        queue = self.queue("exchange-actions")
        for sound in (message for message in messages if isinstance(message, dict)):
            self.contract.message(sound)
        texts = [message if isinstance(message, bytes) else json.dumps(message).encode() for message in messages]
        return [str(queue.send_message(base64.b64encode(text).decode(), time_to_live=-1).id) for text in texts]

    def peek(self, name: str) -> list[dict[str, Any]]:
        """Every message of a queue, taken and kept here: nobody else reads the engine's queues."""
        kept = self.taken.setdefault(name, [])
        queue = self.queue(name)
        for message in queue.receive_messages(messages_per_page=32, visibility_timeout=300):
            kept.append(json.loads(base64.b64decode(message.content)))
            queue.delete_message(message)
            self.contract.event(kept[-1])
        return kept

    @cached_property
    def contract(self) -> Contract:
        return Contract(lambda path: self.http("GET", path))

    @property
    def taken(self) -> dict[str, list[dict[str, Any]]]:
        """By queue: what was taken off it so far."""
        taken: dict[str, list[dict[str, Any]]] = self.__dict__.setdefault("_taken", {})
        return taken

    def outcome(self, action_id: str, *, seconds: float = 40) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            events = self.peek("process-events")
            return next(
                (e for e in events if e.get("subject") == action_id and e["type"].startswith("exchange.action.")), None
            )

        return eventually(found, seconds=seconds, what=f"the outcome of {action_id}")

    # Exchange

    def smtp(
        self,
        sender: str,
        to: str,
        subject: str,
        *,
        files: dict[str, bytes] | None = None,
        text: str = "Please find it attached.",
    ) -> str:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, to, subject
        mail["Message-ID"] = f"<{uuid4()}@fabrikam.example>"
        mail.set_content(text)
        for name, content in (files or {}).items():
            mail.add_attachment(content, maintype="application", subtype="pdf", filename=name)
        host, _, port = self.endpoints["smtp"].partition(":")
        with smtplib.SMTP(host, int(port)) as server:
            server.send_message(mail)
        return str(mail["Message-ID"])

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, self.endpoints["exchangeControl"] + path, json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def add_person(self, address: str, password: str) -> None:
        """With a mailbox, and known to Entra ID."""
        self.control("POST", f"/mailboxes/{address}", {"name": address, "password": password})
        self.endpoints["mailboxes"][address] = password
        person = {"address": address, "objectId": str(uuid4()), "password": password}
        answer = requests.put(
            f"{self.endpoints['entra']}/control/people/{address}",
            json=person,
            verify=self.endpoints["caBundle"],
            timeout=30,
        )
        assert answer.ok, answer.text

    def messages(self, address: str, folder: str) -> list[dict[str, Any]]:
        folders = self.control("GET", f"/mailboxes/{address}")["folders"]
        return [message for found in folders if found["path"] == folder for message in found["messages"]]

    def events(self, address: str) -> list[dict[str, Any]]:
        """What stands in the person's calendar."""
        folders = self.control("GET", f"/mailboxes/{address}")["folders"]
        return [event for found in folders if found["path"] == "Calendar" for event in found["events"]]

    def subjects(self, address: str, folder: str) -> list[str]:
        return [message["subject"] for message in self.messages(address, folder)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def eventually(look: Callable[[], T | None], *, seconds: float = 30, what: str) -> T:
    """Waits for what a person would wait for. Whoever has waited long looks less often: a look costs the stack time."""
    began = time.monotonic()
    while (waited := time.monotonic() - began) < seconds:
        if (found := look()) is not None:
            return found
        time.sleep(min(0.5, max(0.1, waited / 10)))
    raise AssertionError(f"waited {seconds} s in vain for {what}")
