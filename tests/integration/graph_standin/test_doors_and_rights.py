"""Who gets in by which token, and what Graph says to the others."""

from collections.abc import Callable

import pytest

from local.exchange.server import Exchange
from tests.integration.graph_standin.graph_session import GraphSession, code_of

Sign = Callable[..., GraphSession]


@pytest.mark.parametrize("token", ["", "Bearer ", "Bearer not.a.token", "Basic YW5uYTp4"])
def test_without_a_token_of_the_issuer_nobody_gets_in(anna: GraphSession, exchange: Exchange, token: str) -> None:
    answer = anna.ask("GET", "/me/messages", headers={"Authorization": token})
    assert (answer.status_code, code_of(answer)) == (401, "InvalidAuthenticationToken")
    assert "Bearer" in answer.headers["WWW-Authenticate"]
    assert exchange.seen.count("graph", "signIn") == 1


def test_an_expired_token_and_one_for_another_resource_are_refused(session: Sign, exchange: Exchange) -> None:
    expired = session("anna@contoso.example", seconds="-5").ask("GET", "/me/messages")
    assert (expired.status_code, code_of(expired)) == (401, "InvalidAuthenticationToken")
    assert "expired" in expired.json()["error"]["message"]
    vault = exchange.trust.tokens.issue(
        "https://vault.azure.net", {"upn": "anna@contoso.example", "scp": "x"}, seconds=60
    )
    other = session("anna@contoso.example").ask("GET", "/me", headers={"Authorization": f"Bearer {vault}"})
    assert other.status_code == 401


@pytest.mark.parametrize(
    ("granted", "method", "path", "status"),
    [
        ("Mail.Read", "GET", "/me/messages", 200),
        ("Mail.Read", "POST", "/me/messages", 403),
        ("Mail.ReadWrite", "POST", "/me/sendMail", 403),
        ("Mail.Send", "GET", "/me/mailFolders/inbox", 403),
        ("Calendars.ReadWrite", "GET", "/me/mailFolders/inbox/messages/delta", 403),
    ],
)
def test_each_operation_wants_its_permission(session: Sign, granted: str, method: str, path: str, status: int) -> None:
    answer = session("anna@contoso.example", scp=granted).ask(method, path, json={} if method == "POST" else None)
    assert answer.status_code == status
    if status == 403:
        assert code_of(answer) == "ErrorAccessDenied"


def test_an_application_works_in_every_mailbox_but_has_none_of_its_own(session: Sign) -> None:
    app = session("5a0a1c7c-app", roles="Mail.ReadWrite Mail.Send")
    assert app.ask("GET", "/users/kim@fabrikam.example/mailFolders/inbox").status_code == 200
    assert app.ask("GET", "/me/messages").status_code == 400
    nobody = app.ask("GET", "/users/nobody@contoso.example/messages")
    assert (nobody.status_code, code_of(nobody)) == (404, "ErrorInvalidUser")


def test_another_persons_mailbox_opens_only_for_those_who_were_let_in(session: Sign) -> None:
    shared = "/users/orders@contoso.example/mailFolders/inbox"
    assert session("anna@contoso.example").ask("GET", shared).status_code == 200
    refused = session("carla@contoso.example").ask("GET", shared)
    assert (refused.status_code, code_of(refused)) == (403, "ErrorAccessDenied")


def test_a_mail_of_another_mailbox_is_not_found_by_its_id(session: Sign, anna: GraphSession) -> None:
    made = anna.draft()
    answer = session("carla@contoso.example").ask("GET", f"/me/messages/{made['id']}")
    assert (answer.status_code, code_of(answer)) == (404, "ErrorItemNotFound")


def test_an_id_that_is_none_is_malformed(anna: GraphSession) -> None:
    answer = anna.ask("GET", "/me/messages/AAMkNonsense=")
    assert (answer.status_code, code_of(answer)) == (400, "ErrorInvalidIdMalformed")


def test_a_user_is_found_by_object_id_too(anna: GraphSession) -> None:
    me = anna.get("/me")
    assert anna.get(f"/users/{me['id']}")["userPrincipalName"] == "anna@contoso.example"
