"""Where the tour plays: the endpoints, and plain clients for HTTP, queues and SMTP. It remembers what earlier steps made."""

import base64
import json
import smtplib
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import requests
from azure.storage.queue import QueueClient

from local.tour.doors import DOORS, Door

T = TypeVar("T")
_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.2


class Disappointed(Exception):
    """A step did not come out as promised; the message says what was seen instead."""


class Stage:
    """``door`` is the kind of connection that is played over, ``number`` tells this part's mails and processes from others."""

    def __init__(self, endpoints: Mapping[str, Any], logs: Path) -> None:
        self.endpoints = endpoints
        self.logs = logs
        self._http = requests.Session()
        self._http.trust_env = False
        self.enter(DOORS[0])

    @classmethod
    def at(cls, path: Path) -> Self:
        return cls(json.loads(path.read_text("utf-8")), path.parent / "logs")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def enter(self, door: Door) -> None:
        """From here on everything is done over this kind of connection, under names of its own."""
        self.door = door
        self.number = uuid.uuid4().hex[:8]
        self.connection = ""
        self.process = f"invoice-approval-{self.number}"

    @property
    def organization(self) -> str:
        return str(self.endpoints["organization"])

    def call(self, person: str, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """HTTP below the organization, signed in as that person. Raises Disappointed for anything but 2xx."""
        url = f"{self.endpoints['functions']}/api/organizations/{self.organization}{path}"
        answer = self._http.request(method, url, json=body, auth=(person, self.endpoints["people"][person]), timeout=60)
        if not answer.ok:
            raise Disappointed(f"{method} {url} answered {answer.status_code}: {answer.text[:500]}")
        return dict(answer.json()) if answer.content else {}

    def fetch(self, person: str, url: str) -> bytes:
        """What an event's ``url`` names: a path of the functions or a whole address."""
        whole = url if url.startswith("http") else f"{self.endpoints['functions']}{url}"
        answer = self._http.get(whole, auth=(person, self.endpoints["people"][person]), timeout=60)
        if not answer.ok:
            raise Disappointed(f"GET {whole} answered {answer.status_code}: {answer.text[:500]}")
        return answer.content

    def put(self, queue: str, message: dict[str, Any]) -> None:
        with self._queue(queue) as client:
            client.send_message(base64.b64encode(json.dumps(message).encode()).decode(), time_to_live=-1)

    def take(self, queue: str, wanted: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        """The first event that is wanted, taken off its queue; others stay. Raises Disappointed after a minute."""
        with self._queue(queue) as client:
            return self.wait(lambda: _taken(client, wanted), f"{what} on {queue}")

    def mailbox(self, address: str, folder: str = "Inbox") -> list[dict[str, Any]]:
        """The messages of a folder, as the simulated Exchange has them."""
        answer = self._http.get(f"{self.endpoints['exchangeControl']}/mailboxes/{address}", timeout=30).json()
        return [mail for one in answer["folders"] if one["path"] == folder for mail in one["messages"]]

    def calendar(self, address: str) -> list[dict[str, Any]]:
        """What stands in somebody's calendar."""
        answer = self._http.get(f"{self.endpoints['exchangeControl']}/mailboxes/{address}", timeout=30).json()
        return [event for one in answer["folders"] if one["path"] == "Calendar" for event in one["events"]]

    def answer_meeting(self, address: str, uid: str, response: str, comment: str, *, hours_later: int = 0) -> None:
        """As an attendee does it in Outlook, perhaps with another time. Raises Disappointed where no invitation came."""
        path = f"{self.endpoints['exchangeControl']}/mailboxes/{address}"
        said: dict[str, str] = {"uid": uid, "response": response, "comment": comment}
        if hours_later:
            event = next((one for one in self.calendar(address) if one["uid"] == uid), None)
            times = [event["start"], event["end"]] if event else []
            said |= dict(
                zip(("proposedStart", "proposedEnd"), (_later(time, hours_later) for time in times), strict=False)
            )
        answer = self._http.post(f"{path}/answers", json=said, timeout=30)
        if not answer.ok:
            raise Disappointed(f"{address} could not answer the invitation: {answer.status_code}")

    def read(self, address: str, message_id: str) -> str:
        """The text of a mail in somebody's Inbox, as he sees it."""
        url = f"{self.endpoints['exchangeControl']}/mailboxes/{address}/messages"
        raw = self._http.get(url, params={"internetMessageId": message_id}, timeout=30).content
        body = message_from_bytes(raw, policy=policy.default).get_body(("plain", "html"))
        return str(body.get_content()) if body else ""

    def press(self, address: str, message_id: str, option: str) -> None:
        """Outlook's voting button in a mail of somebody's Inbox."""
        wanted = {"internetMessageId": message_id, "option": option}
        answer = self._http.post(
            f"{self.endpoints['exchangeControl']}/mailboxes/{address}/votes", json=wanted, timeout=30
        )
        answer.raise_for_status()

    def visit(self, url: str, form: Mapping[str, str] | None = None) -> str:
        """A page as a browser without a sign-in gets it; with ``form`` it is sent. Raises Disappointed for anything but 2xx."""
        answer = self._http.post(url, data=form, timeout=30) if form else self._http.get(url, timeout=30)
        if not answer.ok:
            raise Disappointed(f"{url} answered {answer.status_code}")
        return answer.text

    def deliver(self, mail: EmailMessage) -> None:
        host, _, port = str(self.endpoints["smtp"]).rpartition(":")
        with smtplib.SMTP(host, int(port), timeout=30) as smtp:
            smtp.send_message(mail)

    def wait(self, look: Callable[[], T | None], what: str) -> T:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (seen := look()) is None:
            if time.monotonic() > deadline:
                raise Disappointed(f"waited {_PATIENCE_SECONDS:g} s in vain for {what}")
            time.sleep(_LOOK_SECONDS)
        return seen

    def _queue(self, name: str) -> QueueClient:
        return QueueClient.from_connection_string(self.endpoints["storage"], name)


def _later(instant: str, hours: int) -> str:
    return (datetime.fromisoformat(instant) + timedelta(hours=hours)).isoformat()


def _taken(client: QueueClient, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
    """All are looked at before the others are shown again: what stays hidden would be waited for."""
    seen = list(client.receive_messages(messages_per_page=32, visibility_timeout=5))
    events: list[dict[str, Any]] = [json.loads(base64.b64decode(message.content)) for message in seen]
    found = next((number for number, event in enumerate(events) if wanted(event)), None)
    for number, message in enumerate(seen):
        if number == found:
            client.delete_message(message)
        else:
            client.update_message(message, visibility_timeout=0)
    return None if found is None else events[found]
