"""Four processes side by side: one mail of twenty copies, one refused log-in of hundreds, and nobody is locked out."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.stack import ANNA, BOB, Stack, eventually


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("four"), FUNCTIONS_WORKER_PROCESS_COUNT="4") as running:
        yield running


def test_twenty_copies_at_once_and_some_over_http_are_one_mail(four: Stack) -> None:
    order = four.order(four.connect(ANNA), BOB, parameters={"subject": f"Twenty {uuid4()}"})
    with ThreadPoolExecutor(24) as threads:
        copies = [threads.submit(four.put, order) for _ in range(20)]
        posted = [threads.submit(four.http, "POST", "/organizations/contoso/actions", order) for _ in range(4)]
        assert [answer.result().status_code for answer in posted] == [202] * 4
        assert len({copy.result()[0] for copy in copies}) == 20
    assert four.outcome(order["id"])["type"] == "exchange.action.succeeded"
    queue = four.queue("exchange-actions")
    eventually(lambda: queue.get_queue_properties().approximate_message_count == 0 or None, what="no copy to be left")
    assert four.subjects(BOB, "Inbox").count(order["parameters"]["subject"]) == 1
    told = {(e["source"], e["id"]) for e in four.peek("process-events") if e.get("subject") == order["id"]}
    assert len(told) == 1


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("kind", "actions"),
    [
        ("classic", 100),
        ("exchangeOnline", 50),
        pytest.param("classic", 500, marks=pytest.mark.soak),
        pytest.param("exchangeOnline", 500, marks=pytest.mark.soak),
    ],
)
def test_a_wrong_password_is_refused_once_however_many_actions_wait(four: Stack, kind: str, actions: int) -> None:
    """In Exchange Online the one request goes to the token endpoint, and none to Graph."""
    run = uuid4().hex[:8]
    address, recipient = f"{run}@contoso.example", f"to-{run}@contoso.example"
    for person in (address, recipient):
        four.add_person(person, "Winter-in-Berlin-7")
    wrong = "not-the-password-1"
    connection = four.connect(address, wrong) if kind == "classic" else four.connect_online(address, password=wrong)
    orders = [
        four.order(connection, recipient, id=f"{run}-{n}", parameters={"subject": f"{run} {n}"}) for n in range(actions)
    ]
    four.put(*orders)
    codes = _codes(four, run, actions)
    assert set(codes) <= {"password_refused", "connection_suspended"}
    (login,) = [known for known in four.control("GET", "/requests")["logins"] if known["account"] == address]
    assert (login["accepted"], login["refused"]) == (0, 1)
    tokens = [seen["count"] for seen in four.control("GET", "/requests")["requests"] if _asks_for_token(seen, address)]
    assert sum(tokens) == (0 if kind == "classic" else 1)
    suspended = {e["id"] for e in four.peek("process-events") if _suspends(e, connection)}
    assert len(suspended) == 1

    path = f"/organizations/contoso/connections/{connection}"
    assert four.http("PATCH", path, {"password": four.endpoints["mailboxes"][address]}).status_code == 200
    again = four.http("POST", "/organizations/contoso/actions/retry", {"connectionId": connection})
    assert (again.status_code, again.json()) == (202, {"count": actions})
    eventually(
        lambda: len(_sent(four, recipient, run)) >= actions or None, seconds=180, what="every mail after the retry"
    )
    assert sorted(_sent(four, recipient, run)) == sorted(order["parameters"]["subject"] for order in orders)


def _asks_for_token(seen: dict[str, Any], address: str) -> bool:
    return seen["door"] == "token" and seen["account"] == address


def _suspends(event: dict[str, Any], connection: str) -> bool:
    return event["type"] == "exchange.connection.suspended" and event["data"]["connectionId"] == connection


def _codes(stack: Stack, run: str, actions: int) -> list[str]:
    def all_told() -> list[str] | None:
        failed = [e for e in stack.peek("process-events") if e["type"] == "exchange.action.failed"]
        mine = {e["id"]: e["data"]["error"]["code"] for e in failed if e["subject"].startswith(run)}
        return list(mine.values()) if len(mine) == actions else None

    return eventually(all_told, seconds=120, what="an outcome for every action")


def _sent(stack: Stack, recipient: str, run: str) -> list[str]:
    return [subject for subject in stack.subjects(recipient, "Inbox") if subject.startswith(run)]
