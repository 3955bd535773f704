"""Connections to the server: shared by threads, given back, forgotten with the secrets they were made for."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from local.exchange.server import Exchange
from shared.exchange.ews.wires import Wires
from shared.network.session import Network
from shared.ports.mailbox import Mailbox
from tests.integration.ews.conftest import ANNA, BASIC, NTLM, Open
from tests.integration.ews.strange_server import relay_to
from tests.integration.ews.test_costs import mail, send


def _port(exchange: Exchange) -> int:
    return int(exchange.ews_url.rpartition(":")[2].partition("/")[0])


def test_threads_share_the_connections_of_an_account(exchange: Exchange, open_as: Open) -> None:
    with relay_to(_port(exchange)) as relay, ThreadPoolExecutor(8) as threads:
        url = exchange.ews_url.replace(f":{_port(exchange)}/", f":{relay.port}/")

        def work(number: int) -> None:
            with open_as(ANNA, known=NTLM, url=url) as mailbox:
                send(mailbox, mail(number))

        list(threads.map(work, range(40)))
        assert relay.connections <= 8
    assert exchange.seen.count("ews", "signIn") == relay.connections
    assert exchange.seen.count("ews", "SendItem") == 40


def _first_piece(mailbox: Mailbox) -> None:
    folder = mailbox.find_folder("Sent Items")
    (head,) = mailbox.latest(folder.id, count=1)
    pieces = mailbox.original(head.id)
    assert next(pieces)
    pieces.close()  # type: ignore[attr-defined]


def test_a_stream_that_nobody_reads_to_its_end_holds_no_connection(open_as: Open) -> None:
    with open_as(ANNA, known=BASIC) as mailbox:
        send(mailbox, mail(1, attachment=2_000_000))
        for _ in range(40):  # more than there may be connections
            _first_piece(mailbox)


def test_wires_are_shared_and_the_oldest_are_forgotten(exchange: Exchange) -> None:
    network = Network(("localhost",), str(exchange.ca_bundle))
    wires = Wires(network, answer_within=timedelta(seconds=5), most=3)
    first = wires.wire(exchange.ews_url, ANNA, "a")
    assert wires.wire(exchange.ews_url, ANNA.upper(), "a") is first
    for account in ("b", "c", "d"):
        wires.wire(exchange.ews_url, account, "x")
    assert len(wires) == 3
    assert wires.wire(exchange.ews_url, ANNA, "a") is not first


def test_of_many_secrets_of_an_account_only_the_last_two_are_kept(exchange: Exchange) -> None:
    network = Network(("localhost",), str(exchange.ca_bundle))
    wires = Wires(network, answer_within=timedelta(seconds=5))
    for number in range(10):
        wires.wire(exchange.ews_url, ANNA, f"Secret-{number}")
    assert len(wires) == 2
