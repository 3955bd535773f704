"""Mails arrive by SMTP in mailboxes behind both doors while processes are killed and servers fail; then everything is counted."""

from collections import Counter
from collections.abc import Iterator
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.stack import Stack, eventually
from tests.e2e.storm import POISON, balanced, make_trouble, status_of, watch_all

OPERATIONS = {
    "ews": ("SyncFolderItems", "GetItem", "UpdateItem"),
    "graph": ("GET /mailFolders/{id}/messages/delta", "POST /$batch", "PATCH /messages/{id}"),
}
EVERY_FIFTH = 5


@pytest.fixture
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("soak"), FUNCTIONS_WORKER_PROCESS_COUNT="2") as running:
        yield running


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("mails", "mailboxes", "kills"),
    [(100, 10, 3), pytest.param(2000, 50, 20, marks=pytest.mark.soak)],
    ids=["short", "whole"],
)
def test_every_matching_mail_starts_one_process(two: Stack, mails: int, mailboxes: int, kills: int) -> None:
    addresses = sorted(two.endpoints["mailboxes"])[:mailboxes]
    connections = [_connect(two, address, online=n % 2 == 1) for n, address in enumerate(addresses)]
    orders = {"filter": {"subjectContains": ["order"]}, "afterwards": {"markAsRead": True}}
    watches = [watch_all(two, connection, **orders) for connection in connections]
    for watch in watches:
        eventually(lambda path=watch: status_of(two, path).get("cursorAt"), seconds=120, what="the first checks")  # type: ignore[misc]

    calm = Event()
    trouble = Thread(target=make_trouble, args=(two, kills, calm, OPERATIONS))
    trouble.start()
    run, wanted = uuid4().hex[:8], set()
    for number in range(mails):
        matches = number % EVERY_FIFTH != 0
        sent = two.smtp(
            "kim@fabrikam.example", addresses[number % mailboxes], f"{'Order' if matches else 'Lunch'} {run} {number}"
        )
        wanted |= {sent} if matches else set()
    trouble.join()
    two.control("DELETE", "/faults")

    starts = eventually(lambda: _starts(two, wanted), seconds=900, what="a start for every mail that matches")
    assert Counter(starts.values()) == Counter(dict.fromkeys(wanted, 1))
    counted = eventually(lambda: _counted(two, watches, mails), seconds=300, what="a balance with every mail in it")
    assert (counted["started"], counted["filtered"]) == (len(wanted), mails - len(wanted))
    assert (counted["quarantined"], counted["special"]) == (0, 0)
    assert _starts(two, wanted) == starts
    eventually(lambda: _all_marked(two, addresses, wanted), seconds=120, what="every started mail to be marked")
    for queue in POISON:
        assert two.queue(queue).get_queue_properties().approximate_message_count == 0


def _connect(stack: Stack, address: str, *, online: bool) -> str:
    if not online:
        return stack.connect(address)
    identities = {name: stack.endpoints[f"entra{name[0].upper()}{name[1:]}"] for name in ("clientId", "tenantId")}
    return stack.connect(
        address, type="exchangeOnline", url="https://outlook.office365.com/EWS/Exchange.asmx", **identities
    )


def _starts(stack: Stack, wanted: set[str]) -> dict[str, str] | None:
    """The mail of each distinct start, the unwanted ones too."""
    found: dict[str, str] = {e["id"]: e["data"]["mail"]["internetMessageId"] for e in stack.peek("process-starts")}
    return found if wanted <= set(found.values()) else None


def _counted(stack: Stack, watches: list[str], mails: int) -> dict[str, int] | None:
    """Over all watches, once they have seen as many. Those whose mails start nothing are waited for by nothing else."""
    totals = [one for watch in watches if (one := balanced(status_of(stack, watch)))]
    if len(totals) < len(watches) or sum(one["seen"] for one in totals) < mails:
        return None
    return {name: sum(one[name] for one in totals) for name in totals[0]}


def _all_marked(stack: Stack, addresses: list[str], wanted: set[str]) -> bool | None:
    mails: list[dict[str, Any]] = [one for address in addresses for one in stack.messages(address, "Inbox")]
    return all(one["isRead"] for one in mails if one["internetMessageId"] in wanted) or None
