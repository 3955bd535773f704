"""Writes what the code of a version leaves behind: rows, blobs, messages and secrets, as tests/upgrade/rows_of_*.json.

At a release, from a checkout of that version:

    git archive VERSION --prefix=previous/ | tar -x -C /tmp && cp tests/upgrade/capture.py /tmp/previous/tests/upgrade/
    cd /tmp/previous && python -m tests.upgrade.capture VERSION > …/tests/upgrade/rows_of_previous.json

A day in an office: mails that went out, wait, are scheduled or failed; mails that came in, one of them not delivered yet.
"""

import base64
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any

from azure.core.exceptions import ResourceExistsError
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient, QueueServiceClient

from local.azurite import Azurite
from local.exchange.server import running_exchange
from local.faults import Fault
from shared.domain.caller import Caller, Role
from shared.domain.mail_work import Check, Delivery
from shared.domain.organization import Organization
from tests.integration.actions.conftest import ANNA, Office

ORGANIZATION = "previous"
ADMINISTRATOR = Caller(
    object_id="11111111-1111-4111-8111-111111111111",
    name="admin@contoso.example",
    roles=frozenset({Role.ADMINISTRATOR}),
)
QUEUES = ("exchange-actions", "mailbox-checks", "mail-deliveries", "process-starts", "process-events")
CONTAINERS = ("outgoing", "incoming", "state")


def main(version: str) -> None:
    with Azurite() as azurite, running_exchange(schemes=("basic",)) as exchange:
        storage = azurite.connection_string
        _make_resources(storage)
        office = Office(storage, exchange)
        _organization(office)
        connection = office.connect(ANNA)
        _actions_of_every_state(office, connection, exchange)
        _mail_that_came_in(office, connection, exchange, storage)
        office.connector.forget_actions()  # leaves its lease
        told = {
            "version": version,
            "at": datetime.now(UTC).isoformat(),
            "connection": connection,
            "tables": _tables(storage),
            "blobs": _blobs(storage),
            "queues": {name: _messages(storage, name) for name in QUEUES},
            "secrets": office.vault._values,
        }
    port = exchange.ews_url.split(":")[2].partition("/")[0]
    text = json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False)
    sys.stdout.write(text.replace(f"localhost:{port}", "localhost:EWS_PORT") + "\n")


def _make_resources(storage: str) -> None:
    for name in QUEUES:
        _once(QueueServiceClient.from_connection_string(storage).get_queue_client(name).create_queue)
    for name in CONTAINERS:
        _once(BlobServiceClient.from_connection_string(storage).get_container_client(name).create_container)


def _once(create: Callable[[], object]) -> None:
    try:
        create()
    except ResourceExistsError:
        return


def _organization(office: Office) -> None:
    now = datetime.now(UTC)
    record = Organization(
        id=ORGANIZATION,
        display_name="As it was",
        exchange_enabled=True,
        administrators=(ANNA,),
        members=("*@contoso.example",),
        created_at=now,
        updated_at=now,
    )
    organizations = office.connector.organizations
    if given := organizations.get(office.organization, office.organization):
        organizations.delete(given)
    organizations.create(ORGANIZATION, ORGANIZATION, record)
    office.organization = ORGANIZATION


def _actions_of_every_state(office: Office, connection: str, exchange: Any) -> None:
    def perform(name: str, **parameters: Any) -> None:
        order = {**office.order(connection, **parameters), "id": name, "correlation": {"processInstanceId": "4711"}}
        office.connector.perform_action(json.dumps(order).encode())

    perform("succeeded", subject="Sent by the previous version")
    exchange.faults.add(Fault(door="ews", operation="SendItem", when="before", code="ErrorInvalidRecipients", times=1))
    perform("failed", subject="Refused at first")
    perform("scheduled", subject="Sent later", sendAt=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    exchange.faults.add(Fault(door="ews", operation="CreateItem", when="before", code="ErrorServerBusy", times=1))
    perform(
        "waiting",
        subject="Waits for the server",
        attachments=[{"name": "a.txt", "contentType": "text/plain", "contentBytes": "QQ=="}],
    )
    exchange.faults.add(Fault(door="ews", operation="SendItem", when="before", status=503, times=1))
    perform("unanswered", subject="Nobody answered")
    exchange.faults.clear()


def _mail_that_came_in(office: Office, connection: str, exchange: Any, storage: str) -> None:
    document = {"connectionId": connection, "displayName": "Invoices", "processId": "invoice", "requestedBy": ANNA,
                "filter": {"subjectContains": ["Invoice"]}, "afterwards": {"markAsRead": True}}  # fmt: skip
    office.connector.manage_watches.create(ADMINISTRATOR, ORGANIZATION, document)
    _check(office, storage)
    for subject in ("Invoice 1", "Weather"):
        send(exchange, subject)
    _check(office, storage)
    _deliver(office, storage)
    send(exchange, "Invoice 2")
    sleep(0.2)
    _check(office, storage)  # and nobody delivers: its line is pending, its message on the queue


def send(exchange: Any, subject: str) -> None:
    import smtplib
    from email.message import EmailMessage

    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "kim@fabrikam.example", ANNA, subject
    mail["Message-ID"] = f"<{subject.replace(' ', '-').lower()}@fabrikam.example>"
    mail.set_content("Please find it attached.")
    with smtplib.SMTP(exchange.smtp_host, exchange.smtp_port) as smtp:
        smtp.send_message(mail)


def _check(office: Office, storage: str) -> None:
    office.connector.find_due_checks()
    _drain(storage, "mailbox-checks", lambda text: office.connector.check_mailbox(Check.model_validate_json(text)))


def _deliver(office: Office, storage: str) -> None:
    for _ in range(5):
        _drain(
            storage, "mail-deliveries", lambda text: office.connector.deliver_mail(Delivery.model_validate_json(text))
        )
        sleep(0.3)


def _drain(storage: str, queue: str, call: Callable[[bytes], object]) -> None:
    client = QueueClient.from_connection_string(storage, queue)
    for message in client.receive_messages(visibility_timeout=60):
        call(base64.b64decode(message.content))
        client.delete_message(message)


def _tables(storage: str) -> dict[str, list[dict[str, Any]]]:
    service = TableServiceClient.from_connection_string(storage)
    return {
        table.name: [dict(row) for row in service.get_table_client(table.name).list_entities()]
        for table in service.list_tables()
    }


def _blobs(storage: str) -> dict[str, str]:
    service = BlobServiceClient.from_connection_string(storage)
    return {
        f"{container}/{blob.name}": base64.b64encode(
            service.get_blob_client(container, blob.name).download_blob().readall()
        ).decode()
        for container in CONTAINERS
        for blob in service.get_container_client(container).list_blobs()
    }


def _messages(storage: str, queue: str) -> list[Any]:
    """Those that are hidden too: what waits is waited for, at most two minutes."""
    client, found = QueueClient.from_connection_string(storage, queue), []
    for _ in range(600):
        if client.get_queue_properties().approximate_message_count == 0:
            break
        for message in client.receive_messages(visibility_timeout=60):
            found.append(json.loads(base64.b64decode(message.content)))
            client.delete_message(message)
        sleep(0.2)
    return found


if __name__ == "__main__":
    main(sys.argv[1])
