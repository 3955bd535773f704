"""What one e-mail costs, counted at both wires."""

import json
from collections.abc import Callable

from tests.integration.actions.conftest import Office

Count = Callable[[], dict[str, int]]


def ews(office: Office) -> dict[str, int]:
    """Requests by operation; the first leg of a log-in counts as one too."""
    requests = office.exchange.seen.as_json()["requests"]
    return {request["operation"]: request["count"] for request in requests}


def send(office: Office, connection: str, **parameters: object) -> str:
    order = office.order(connection, **parameters)
    office.connector.perform_action(json.dumps(order).encode())
    return str(order["id"])


def assert_sent(office: Office, action_id: str) -> None:
    stored = office.connector.actions.get(office.organization, action_id)
    assert stored
    assert stored.value.state == "succeeded", stored.value.error


def test_a_mail_costs_two_requests_and_eight_storage_operations(office: Office, storage_requests: Count) -> None:
    connection = office.connect()
    send(office, connection)
    office.exchange.seen.clear()
    storage_requests()
    sent = send(office, connection)
    spent = storage_requests()
    assert spent["tables"] + spent["queues"] <= 8, spent
    assert ews(office) == {"CreateItem": 1, "SendItem": 1}
    assert_sent(office, sent)


def test_a_cold_process_asks_nothing_that_is_stored_with_the_connection(office: Office) -> None:
    connection = office.connect()
    send(office, connection)
    office.exchange.seen.clear()
    office.connector = office.process()
    send(office, connection)
    assert ews(office) == {"CreateItem": 1, "SendItem": 1}


def test_attachments_cost_no_further_request(office: Office) -> None:
    connection = office.connect()
    send(office, connection)
    office.exchange.seen.clear()
    attached = [{"name": "a.txt", "contentType": "text/plain", "contentBytes": "aGVsbG8="}]
    send(office, connection, attachments=attached)
    assert ews(office) == {"CreateItem": 1, "SendItem": 1}
