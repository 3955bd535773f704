"""Actions and incoming mails while processes are killed and the server misbehaves; then everything is counted."""

from collections import Counter
from collections.abc import Iterator
from threading import Event, Thread
from uuid import uuid4

import pytest

from tests.e2e.stack import Stack, eventually
from tests.e2e.storm import POISON, balanced, make_trouble, status_of, watch_all

OPERATIONS = ("CreateItem", "SendItem", "SyncFolderItems", "GetItem", "UpdateItem")
MAILBOXES = 20


@pytest.fixture
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("soak"), FUNCTIONS_WORKER_PROCESS_COUNT="2") as running:
        yield running


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("actions", "mails", "kills"),
    [(60, 30, 3), pytest.param(1000, 500, 20, marks=pytest.mark.soak)],
    ids=["short", "whole"],
)
def test_nothing_is_lost_and_nothing_is_done_twice(two: Stack, actions: int, mails: int, kills: int) -> None:
    addresses = sorted(a for a in two.endpoints["mailboxes"] if a not in two.endpoints["people"])
    senders, recipient = addresses[:MAILBOXES], addresses[MAILBOXES]
    connections = [two.connect(address) for address in senders]
    watches = [watch_all(two, connection) for connection in connections]
    for watch in watches:
        eventually(lambda path=watch: status_of(two, path).get("cursorAt"), seconds=60, what="the first checks")  # type: ignore[misc]

    run, calm = uuid4().hex[:8], Event()
    trouble = Thread(target=make_trouble, args=(two, kills, calm, {"ews": OPERATIONS}))
    trouble.start()
    for number in range(actions):
        connection = connections[number % MAILBOXES]
        two.put(two.order(connection, recipient, id=f"{run}-{number}", parameters={"subject": f"{run} {number}"}))
    arrived = [two.smtp("kim@fabrikam.example", senders[n % MAILBOXES], f"Soak {n}") for n in range(mails)]
    trouble.join()
    two.control("DELETE", "/faults")

    outcomes = eventually(lambda: _outcomes(two, run, actions), seconds=900, what="an outcome for every action")
    assert Counter(outcomes.values()) == {"exchange.action.succeeded": actions}
    sent = Counter(subject for subject in two.subjects(recipient, "Inbox") if subject.startswith(run))
    assert sent == Counter({f"{run} {number}": 1 for number in range(actions)})

    starts = eventually(lambda: _starts(two, set(arrived)), seconds=900, what="a start for every mail")
    assert Counter(starts.values()) == Counter(dict.fromkeys(arrived, 1))
    totals = [
        eventually(lambda path=w: balanced(status_of(two, path)), seconds=120, what="the balance") for w in watches
    ]  # type: ignore[misc]
    assert sum(one["started"] for one in totals) == mails
    for queue in POISON:
        assert two.queue(queue).get_queue_properties().approximate_message_count == 0


def _outcomes(stack: Stack, run: str, actions: int) -> dict[str, str] | None:
    events = stack.peek("process-events")
    told = {e["id"]: e["type"] for e in events if str(e.get("subject", "")).startswith(run)}
    return told if len(told) == actions else None


def _starts(stack: Stack, arrived: set[str]) -> dict[str, str] | None:
    """The mail of each start; repeats of an event have the same id."""
    events = stack.peek("process-starts")
    found = {e["id"]: e["data"]["mail"]["internetMessageId"] for e in events}
    mine = {start: mail for start, mail in found.items() if mail in arrived}
    return mine if set(mine.values()) == arrived else None
