"""The connection doctor before Exchange Online: it names the step, the code, and who can mend it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from local.faults import Fault as Order
from shared.domain.connection import Api, Connection, Secret, ews_days_left
from shared.ports.exchange import StepState
from tests.contract.simulated_online import Online
from tests.integration.graph.conftest import WITH_PASSWORD, WITH_SECRET

OPENS = ["address", "tls", "signIn", "mailbox", "read", "send", "calendar"]


@pytest.mark.parametrize("api", list(Api))
def test_a_persons_mailbox_is_well(online: Online, anna: str, api: Api) -> None:
    steps = list(online.doors.examine(online.connection(anna, api=api), WITH_PASSWORD))
    assert [step.name for step in steps] == OPENS
    assert [step.state for step in steps] == [StepState.OK] * 5 + [StepState.SKIPPED, StepState.OK]
    assert "localhost" in steps[0].message


@pytest.mark.parametrize(
    ("roles", "words"),
    [
        ({"Mail.ReadWrite", "Mail.Send", "full_access_as_app"}, "can open every mailbox of the tenant"),
        (set(), "gives it, not the tenant's"),
    ],
)
def test_an_application_is_told_how_much_it_opens(online: Online, anna: str, roles: set[str], words: str) -> None:
    """Without permissions in Entra ID it works by RBAC for Applications, which the token does not show."""
    online.exchange.trust.applications = {} if roles else {_client(online): frozenset({anna})}
    before = online.azure.entra.directory.app(_client(online))
    assert before
    online.change_app(roles=frozenset(roles))
    try:
        steps = {step.name: step for step in online.doors.examine(online.connection(None, mailbox=anna), WITH_SECRET)}
    finally:
        online.change_app(roles=before.roles)
        online.exchange.trust.applications = {}
    assert steps["read"].state is StepState.OK
    assert words in steps["scope"].message
    if roles:  # enough for mail
        assert (steps["calendar"].state, steps["calendar"].code) == (StepState.SKIPPED, "permission_missing")
        assert "Calendars.ReadWrite" in steps["calendar"].message
    assert ("RBAC for Applications" in (steps["scope"].remedy or "")) == bool(roles)


def test_an_application_stays_out_of_what_it_is_not_given(online: Online, anna: str, bob: str) -> None:
    before = online.azure.entra.directory.app(_client(online))
    assert before
    online.exchange.trust.applications = {_client(online): frozenset({anna})}
    online.change_app(roles=frozenset())
    try:
        steps = list(online.doors.examine(online.connection(None, mailbox=bob), WITH_SECRET))
    finally:
        online.change_app(roles=before.roles)
        online.exchange.trust.applications = {}
    assert (steps[-1].name, steps[-1].code) == ("mailbox", "permission_missing")
    assert "RBAC for Applications" in steps[-1].message


@pytest.mark.parametrize(
    ("api", "order", "step", "code", "remedy"),
    [
        (Api.GRAPH, {"door": "token", "code": "AADSTS50076"}, "signIn", "mfa_required", "client secret"),
        (Api.GRAPH, {"door": "token", "code": "AADSTS65001"}, "signIn", "consent_missing", "administrator"),
        (Api.GRAPH, {"door": "token", "status": 503}, "signIn", "server_busy", "later"),
        (Api.GRAPH, {"door": "graph", "status": 403}, "mailbox", "permission_missing", "app-registration.md"),
        (
            Api.GRAPH,
            {"door": "graph", "status": 404, "code": "ErrorInvalidUser"},
            "mailbox",
            "mailbox_not_found",
            "address",
        ),
        (Api.GRAPH, {"door": "graph", "status": 400, "code": "ErrorNew"}, "mailbox", "internal_error", "operator"),
        (Api.EWS, {"door": "token", "code": "AADSTS7000222"}, "signIn", "secret_expired", "new client secret"),
        (Api.EWS, {"door": "ews", "status": 403}, "mailbox", "ews_blocked", "EwsAllowedAppIDs"),
    ],
)
def test_a_step_that_fails_says_who_can_mend_it(
    online: Online, anna: str, api: Api, order: dict[str, Any], step: str, code: str, remedy: str
) -> None:
    online.exchange.faults.add(Order.model_validate(order))
    steps = list(online.doors.examine(online.connection(anna, api=api), WITH_PASSWORD))
    assert [one.state for one in steps[:-1]] == [StepState.OK] * (len(steps) - 1)
    assert (steps[-1].name, steps[-1].state, steps[-1].code) == (step, StepState.FAILED, code)
    assert remedy in (steps[-1].remedy or "")


def test_blocked_ews_tells_how_long_the_allow_list_still_helps(online: Online, anna: str) -> None:
    online.exchange.faults.add(Order(door="ews", status=403))
    *_, last = online.doors.examine(online.connection(anna, api=Api.EWS), WITH_PASSWORD)
    assert f"{ews_days_left(datetime.now(UTC))} more days" in (last.remedy or "")
    assert "api: graph" in (last.remedy or "")


def test_an_application_without_its_permission_for_ews_is_told_which(online: Online, anna: str) -> None:
    before = online.azure.entra.directory.app(_client(online))
    assert before
    online.change_app(roles=frozenset({"Mail.ReadWrite"}))
    try:
        *_, last = online.doors.examine(online.connection(None, mailbox=anna, api=Api.EWS), WITH_SECRET)
    finally:
        online.change_app(roles=before.roles)
    assert (last.name, last.code) == ("mailbox", "consent_missing")
    assert "full_access_as_app" in last.message


def test_a_token_goes_to_listed_hosts_only(online: Online, anna: str) -> None:
    connection: Connection = online.connection(anna, api=Api.EWS, url="https://mail.evil.example/EWS/Exchange.asmx")
    steps = list(online.doors.examine(connection, Secret.model_validate({"password": "x"})))
    assert [(step.name, step.code) for step in steps] == [("address", "address_refused")]
    assert online.exchange.seen.count("token", "password") == 0


def _client(online: Online) -> str:
    return online.connection(None).client_id or ""
