"""A thousand mailboxes at 100 ms: nothing new, and two mails each; both doors; in memory, and through queues and tables."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.azurite import Azurite
from shared.bootstrap import Connector
from tests.bench.mailboxes import (
    LATENCY,
    THREADS,
    AzureQueues,
    Mailbag,
    Servers,
    Spent,
    furnish,
    in_azurite,
    in_memory,
    round_of_checks,
    running_servers,
)

MAILBOXES = 1000
NAIVE_MAILBOXES = 50
NOTHING_NEW_SECONDS = 7
TWO_MAILS_SECONDS = 15
THROUGH_STORAGE_SECONDS = 60
Say = Callable[[str], None]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    import function_app  # noqa: F401 - from here on the process is set up as the functions set it up

    with running_servers(tmp_path_factory.mktemp("servers"), MAILBOXES) as running:
        yield running


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    def write(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{line}")

    return write


@pytest.mark.parametrize("door", ["ews", "graph"])
def test_the_bench_itself_runs(tmp_path: Path, door: str) -> None:
    """A few mailboxes in every run of the tests: a bench that nobody runs would be found broken when it is wanted."""
    with running_servers(tmp_path, 4) as servers:
        connector, queues = in_memory(servers)
        _measured(connector, queues, servers, door)
        assert len({event.id for event in connector.outbox.starts}) == 8  # type: ignore[attr-defined]


@pytest.mark.bench
@pytest.mark.timeout(600)
@pytest.mark.parametrize("door", ["ews", "graph"])
def test_a_thousand_mailboxes_with_stores_in_memory(servers: Servers, door: str, say: Say) -> None:
    connector, queues = in_memory(servers)
    nothing, mails = _measured(connector, queues, servers, door)
    say(f"{door}, stores in memory, {MAILBOXES} mailboxes, {THREADS} threads, {LATENCY * 1000:.0f} ms latency")
    _tell(say, nothing, mails)
    assert len({event.id for event in connector.outbox.starts}) == 2 * MAILBOXES  # type: ignore[attr-defined]
    assert nothing.seconds <= NOTHING_NEW_SECONDS
    assert mails.seconds <= TWO_MAILS_SECONDS


@pytest.mark.bench
@pytest.mark.timeout(600)
@pytest.mark.parametrize("door", ["ews", "graph"])
def test_a_thousand_mailboxes_through_queues_and_tables(servers: Servers, door: str, say: Say) -> None:
    with Azurite() as storage:
        connector, queues = in_azurite(servers, storage.connection_string)
        nothing, mails = _measured(connector, queues, servers, door)
        connector.account.close()
    say(f"{door}, queues and tables in Azurite, {MAILBOXES} mailboxes, otherwise the same")
    _tell(say, nothing, mails)
    assert nothing.seconds <= THROUGH_STORAGE_SECONDS  # with mails it is so on a quiet machine only: see docs/scale.md


@pytest.mark.bench
@pytest.mark.timeout(600)
def test_the_naive_script_beside_it(servers: Servers, say: Say) -> None:
    with servers.far_away("ews"):
        began = time.monotonic()
        for address in servers.addresses[:NAIVE_MAILBOXES]:
            _naive_check(servers, address)
        seconds = time.monotonic() - began
    share = seconds / NAIVE_MAILBOXES
    say(f"exchangelib, one after another, a fresh Account each: {NAIVE_MAILBOXES} mailboxes {seconds:6.1f} s")
    say(f"  that is {share * 1000:.0f} ms a mailbox, and {share * MAILBOXES:.0f} s for {MAILBOXES}")


def _measured(connector: Connector, queues: Mailbag | AzureQueues, servers: Servers, door: str) -> tuple[Spent, Spent]:
    """With nothing new, then with two new mails in each mailbox."""
    furnish(connector, servers, door)
    round_of_checks(connector, queues)  # folders are found and cursors taken, log-ins and what servers said are known
    with servers.far_away(door):
        nothing = round_of_checks(connector, queues)
    for subject in ("First", "Second"):
        servers.mail_to_all(subject)
    with servers.far_away(door):
        mails = round_of_checks(connector, queues)
    return nothing, mails


def _tell(say: Say, nothing: Spent, mails: Spent) -> None:
    for what, spent in (("nothing new", nothing), ("two mails each, bodies read", mails)):
        say(f"  {what:28} {spent.seconds:6.1f} s   {spent.cpu / MAILBOXES * 1000:5.1f} ms CPU a mailbox")


def _naive_check(servers: Servers, address: str) -> None:
    from exchangelib import DELEGATE, Account, Configuration, Credentials
    from exchangelib.protocol import BaseProtocol

    from tests.bench.test_email_throughput import _trusting

    BaseProtocol.HTTP_ADAPTER_CLS = _trusting(str(servers.bundle))
    credentials = Credentials(address, servers.passwords[address])
    configuration = Configuration(service_endpoint=servers.where["ews"], credentials=credentials)
    account = Account(address, config=configuration, autodiscover=False, access_type=DELEGATE)
    list(account.inbox.filter(is_read=False).only("subject", "sender")[:100])
    account.protocol.close()
