"""Sign-in at the EWS face: Basic and NTLM, accepted and refused, and counted."""

from collections.abc import Callable

import pytest
import requests
from exchangelib import BASIC, NTLM, Account
from exchangelib.errors import UnauthorizedError

from local.exchange.server import Exchange, running_exchange
from local.exchange.store import password_of

SignIn = Callable[..., Account]


@pytest.mark.parametrize("scheme", [BASIC, NTLM])
def test_the_right_password_opens_the_mailbox(account: SignIn, exchange: Exchange, scheme: str) -> None:
    exchange.seen.clear()
    assert account("noah@contoso.example", scheme=scheme).inbox.total_count == 0
    login = next(one for one in exchange.seen.as_json()["logins"] if one["account"] == "noah@contoso.example")
    assert login["accepted"] >= 1
    assert login["refused"] == 0


@pytest.mark.parametrize("scheme", [BASIC, NTLM])
def test_a_wrong_password_is_refused_and_counted_once(account: SignIn, exchange: Exchange, scheme: str) -> None:
    exchange.seen.clear()
    with pytest.raises(UnauthorizedError):
        account("olga@contoso.example", password="wrong", scheme=scheme).inbox.refresh()
    assert exchange.seen.as_json()["logins"] == [{"account": "olga@contoso.example", "accepted": 0, "refused": 1}]


def test_ntlm_costs_two_requests_for_each_connection_and_none_afterwards(account: SignIn, exchange: Exchange) -> None:
    exchange.seen.clear()
    paul = account("paul@contoso.example", scheme=NTLM)
    for _ in range(3):
        paul.inbox.refresh()
    assert exchange.seen.count("ews", "signIn") == 2
    assert exchange.seen.as_json()["logins"] == [{"account": "paul@contoso.example", "accepted": 1, "refused": 0}]


def test_a_windows_name_signs_in_too(account: SignIn) -> None:
    rita = account(
        "CONTOSO\\rita", password=password_of("rita@contoso.example"), scheme=NTLM, mailbox="rita@contoso.example"
    )
    assert rita.inbox.total_count == 0


def test_a_new_password_holds_at_once(account: SignIn, exchange: Exchange) -> None:
    requests.put(f"{exchange.control_url}/mailboxes/sam@contoso.example/password", json={"password": "new"}, timeout=10)
    with pytest.raises(UnauthorizedError):
        account("sam@contoso.example").inbox.refresh()
    assert account("sam@contoso.example", password="new").inbox.total_count == 0


def test_only_configured_schemes_are_offered() -> None:
    with running_exchange(schemes=("basic",)) as exchange, requests.Session() as session:
        session.trust_env = False
        session.verify = str(exchange.ca_bundle)
        answer = session.post(exchange.ews_url, data=b"", timeout=10)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="localhost"')
