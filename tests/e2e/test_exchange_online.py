"""Exchange Online through the whole stack: both doors, every way of signing in, and one door changed for the other."""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key, pkcs12

from tests.e2e.stack import ANNA, BOB, Stack, eventually
from tests.integration.entra.conftest import certificate_of

ORDERS = "orders@contoso.example"
CONNECTIONS = "/organizations/contoso/connections"


@pytest.fixture(autouse=True)
def _mended(stack: Stack) -> Iterator[None]:
    yield
    stack.control("DELETE", "/faults")


def online(stack: Stack, address: str | None = ANNA, **more: Any) -> str:
    """At the simulated server by either door: EWS needs to be told where it is."""
    return stack.connect_online(address, url=stack.endpoints["ews"], **more)


def ordered(stack: Stack, connection: str, recipient: str = BOB, **more: Any) -> dict[str, Any]:
    return stack.order(connection, recipient, parameters={"subject": f"Online {uuid4()}"}, **more)


def watched(stack: Stack, connection: str, subject: str) -> str:
    watch = {
        "connectionId": connection,
        "requestedBy": ANNA,
        "displayName": "Online",
        "processId": "read-it",
        "filter": {"subjectContains": [subject]},
        "afterwards": {"markAsRead": True},
    }
    made = stack.http("POST", "/organizations/contoso/watches", watch)
    assert made.status_code == 201, made.text
    path = f"/organizations/contoso/watches/{made.json()['id']}"
    eventually(lambda: stack.http("GET", path).json()["status"].get("cursorAt"), what="the first check")
    return path


def started(stack: Stack, message_id: str) -> set[str] | None:
    found = {s["id"] for s in stack.peek("process-starts") if s["data"]["mail"]["internetMessageId"] == message_id}
    return found or None


def succeeded(stack: Stack, order: dict[str, Any]) -> None:
    event = stack.outcome(order["id"])
    assert event["type"] == "exchange.action.succeeded", event


# --- every way of signing in, by either door -------------------------------------------------------------------------------


@contextmanager
def uploaded(stack: Stack, certificate: str) -> Iterator[None]:
    """In the app registration, for the time of a test."""
    app = f"{stack.endpoints['entra']}/control/apps/{stack.endpoints['entraClientId']}"

    def put(certificates: list[str]) -> None:
        bundle = stack.endpoints["caBundle"]
        requests.patch(app, json={"certificates": certificates}, verify=bundle, timeout=30).raise_for_status()

    put([certificate])
    try:
        yield
    finally:
        put([])


def ways(stack: Stack, public: str, private: str) -> dict[str, dict[str, Any]]:
    key, certificate = load_pem_private_key(private.encode(), None), x509.load_pem_x509_certificate(public.encode())
    lock = BestAvailableEncryption(b"Safe-7")
    pfx = pkcs12.serialize_key_and_certificates(b"connector", key, certificate, None, lock)  # type: ignore[arg-type]
    by_certificate = {"authentication": "certificate", "mailbox": ANNA}
    own = {"authentication": "managedIdentity", "clientId": None, "tenantId": None, "mailbox": ORDERS}
    secret = {"clientSecret": stack.endpoints["entraClientSecret"], "authentication": "clientSecret", "mailbox": ANNA}
    return {
        "password": {"address": ANNA},
        "client secret": secret,
        "certificate (PEM)": {**by_certificate, "certificate": private + public},
        "certificate (PFX)": {
            **by_certificate,
            "certificate": b64encode(pfx).decode(),
            "certificatePassword": "Safe-7",
            "api": "ews",
        },
        "managed identity": own,
        "managed identity, by EWS": {**own, "api": "ews"},
        "client secret, by EWS": {**secret, "api": "ews"},
        "password, by EWS": {"address": ANNA, "api": "ews"},
    }


def test_mail_goes_out_whichever_way_a_connection_signs_in(stack: Stack) -> None:
    public, private = certificate_of("the connector")
    with uploaded(stack, public):
        orders = {}
        for name, more in ways(stack, public, private).items():
            connection = online(stack, **{"address": None, **more})
            orders[name] = ordered(stack, connection)
        stack.put(*orders.values())
        for name, order in orders.items():
            event = stack.outcome(order["id"])
            assert event["type"] == "exchange.action.succeeded", (name, event)
    received = stack.subjects(BOB, "Inbox")
    assert [received.count(order["parameters"]["subject"]) for order in orders.values()] == [1] * len(orders)
    copies = stack.subjects(ANNA, "Sent Items") + stack.subjects(ORDERS, "Sent Items")
    assert [copies.count(order["parameters"]["subject"]) for order in orders.values()] == [1] * len(orders)


def test_a_certificates_end_is_shown_and_the_doctor_warns_of_an_app_that_opens_everything(stack: Stack) -> None:
    public, private = certificate_of("the connector")
    with uploaded(stack, public):
        form = {"authentication": "certificate", "mailbox": ANNA, "certificate": private + public}
        connection = online(stack, None, **form)
        report = stack.http("POST", f"{CONNECTIONS}/{connection}/test").json()
    shown = stack.http("GET", f"{CONNECTIONS}/{connection}").json()
    assert shown["hasCertificate"]
    assert shown["status"]["secretExpiresAt"]
    assert shown["status"]["state"] == "ok"
    assert private.splitlines()[1] not in json.dumps(shown)
    assert report["ok"], report
    scope = next(step for step in report["steps"] if step["name"] == "scope")
    assert "every mailbox" in scope["message"]
    assert "RBAC for Applications" in scope["remedy"]


# --- mail in, faults, and a door changed for the other ---------------------------------------------------------------------


def test_a_gateway_that_gives_up_after_the_effect_sends_one_mail(stack: Stack) -> None:
    order = ordered(stack, online(stack))
    fault = {"door": "graph", "operation": "POST /messages/{id}/send", "mailbox": ANNA, "when": "after", "status": 504}
    stack.control("POST", "/faults", fault)
    stack.put(order)
    succeeded(stack, order)
    assert stack.subjects(BOB, "Inbox").count(order["parameters"]["subject"]) == 1
    assert stack.subjects(ANNA, "Drafts").count(order["parameters"]["subject"]) == 0


def test_switching_the_door_keeps_watches_and_actions_going(stack: Stack) -> None:
    subject = f"Switch {uuid4()}"
    connection = online(stack)
    path = watched(stack, connection, subject)
    message_ids = []
    for api in ("graph", "ews", "graph"):
        if message_ids:
            changed = stack.http("PATCH", f"{CONNECTIONS}/{connection}", {"api": api})
            assert changed.status_code == 200, changed.text
            assert ("ewsDaysLeft" in changed.json()["status"]) == (api == "ews")
        order = ordered(stack, connection)
        stack.put(order)
        message_ids.append(stack.smtp("kim@fabrikam.example", ANNA, subject))
        eventually(lambda: started(stack, message_ids[-1]), what=f"the process start by {api}")
        succeeded(stack, order)
    assert [len(started(stack, one) or ()) for one in message_ids] == [1, 1, 1]
    status = stack.http("GET", path).json()["status"]
    assert (status["state"], status["totals"]["started"]) == ("active", 3)


def test_blocked_ews_suspends_and_graph_is_the_way_out(stack: Stack) -> None:
    connection = online(stack, api="ews")
    stack.control("POST", "/faults", {"door": "ews", "mailbox": ANNA, "status": 403})
    order = ordered(stack, connection)
    stack.put(order)
    event = stack.outcome(order["id"])
    assert event["data"]["error"]["code"] == "ews_blocked"
    assert "api: graph" in event["data"]["error"]["message"]
    status = stack.http("GET", f"{CONNECTIONS}/{connection}").json()["status"]
    assert (status["state"], status["reason"]["code"]) == ("suspended", "ews_blocked")
    assert status["ewsDaysLeft"] >= 0
    assert stack.http("PATCH", f"{CONNECTIONS}/{connection}", {"api": "graph"}).status_code == 200
    assert stack.http("POST", f"{CONNECTIONS}/{connection}/test").json()["ok"]
    assert stack.http("POST", f"/organizations/contoso/actions/{order['id']}/retry").status_code == 202
    eventually(
        lambda: stack.subjects(BOB, "Inbox").count(order["parameters"]["subject"]) == 1 or None,
        what="the mail by Graph",
    )
