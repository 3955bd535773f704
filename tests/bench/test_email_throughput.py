"""E-mails per second at 100 ms server latency with 16 threads, beside a plain script with a fresh Account for each mail."""

import json
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.exchange.store import password_of
from local.faults import Fault
from tests.integration.actions.conftest import Office

THREADS = 16
LATENCY = 0.1
MAILS = 512
PLAIN_MAILS = 48


@pytest.mark.bench
@pytest.mark.timeout(600)
def test_sixteen_threads_send_near_the_ideal(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    addresses = sorted(m.address for m in office.exchange.store.mailboxes.values() if m.password)[:THREADS]
    connections = [office.connect(address) for address in addresses]
    orders = [office.order(connections[n % THREADS]) for n in range(MAILS)]
    for connection in connections:
        office.connector.perform_action(json.dumps(office.order(connection)).encode())
    office.exchange.faults.add(Fault(door="ews", when="before", delay_seconds=LATENCY, times=10**6))

    begun = time.monotonic()
    with ThreadPoolExecutor(THREADS) as threads:
        spent = list(threads.map(lambda order: _perform(office, order), orders))
    ours = MAILS / (time.monotonic() - begun)

    begun = time.monotonic()
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(lambda n: _plain(office, addresses[n % THREADS]), range(PLAIN_MAILS)))
    plain = PLAIN_MAILS / (time.monotonic() - begun)

    ideal = THREADS / (2 * LATENCY)
    with capsys.disabled():
        sys.stdout.write(
            f"\ne-mails per second, {THREADS} threads, {LATENCY * 1000:.0f} ms latency, stand-in in the same process\n"
            f"  ideal                           {ideal:6.1f}\n"
            f"  the connector                   {ours:6.1f}\n"
            f"  exchangelib, an Account a mail  {plain:6.1f}\n"
            f"client CPU of one e-mail, median  {statistics.median(spent) * 1000:6.1f} ms\n"
        )
    assert statistics.median(spent) <= 0.015
    assert ours > 2 * plain


def _perform(office: Office, order: dict[str, object]) -> float:
    begun = time.thread_time()
    office.connector.perform_action(json.dumps(order).encode())
    return time.thread_time() - begun


def _plain(office: Office, address: str) -> None:
    from exchangelib import DELEGATE, Account, Configuration, Credentials, Message
    from exchangelib.protocol import BaseProtocol

    BaseProtocol.HTTP_ADAPTER_CLS = _trusting(str(office.exchange.ca_bundle))
    configuration = Configuration(
        service_endpoint=office.exchange.ews_url,
        credentials=Credentials(address, password_of(address)),
        auth_type="basic",
    )
    account = Account(address, config=configuration, autodiscover=False, access_type=DELEGATE)
    Message(
        account=account, folder=account.sent, subject="Plain", to_recipients=["bob@contoso.example"]
    ).send_and_save()
    account.protocol.close()


def _trusting(ca: str) -> type:
    from requests.adapters import HTTPAdapter

    class Trusting(HTTPAdapter):
        def cert_verify(self, conn: object, url: str, verify: object, cert: object) -> None:
            del verify
            super().cert_verify(conn, url, ca, cert)

    return Trusting
