"""What a full mailbox costs in memory, measured in a process of its own: a file of 40 MB, and bodies of 64 MB together."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from local.exchange.store import Attachment, Body, Item, password_of
from shared.domain.watched_folder import folder_key
from tests.integration.mail_in.office import Office, Servers, settings

ROOT = Path(__file__).resolve().parents[3]
MEGABYTE = 1024 * 1024
FILE = 40 * MEGABYTE
BODIES, BODY = 16, 4 * MEGABYTE
PROMISED = 200
"""MB above an idle process."""
PROGRAM = """
import json, sys
from shared.bootstrap import Connector
from shared.config import Settings
from shared.domain.mail_work import Check, Delivery
from shared.ports.queues import Queue
from tests.fakes.queues import FakeQueues
from tests.fakes.vault import FakeVault

environment, secret_name, secret, organization, folder = json.loads(sys.stdin.readline())
connector = Connector(Settings.read(environment))
assert connector.outbox  # with the real queues; our own ones are taken from here
connector.queues = FakeQueues(connector.clock)
connector.vault = FakeVault(connector.clock)
connector.vault._values[secret_name] = secret


def peak():
    # not getrusage: that counts what the parent had before this program was loaded
    status = open("/proc/self/status").read()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def check():
    connector.check_mailbox(Check(organization=organization, folder=folder, asked_at=connector.clock.now()))
    deliveries = connector.queues.take(Queue.DELIVERIES)
    for message in deliveries:
        connector.deliver_mail(Delivery.model_validate(message))
    return len(deliveries)


check()
idle = peak()
print("idle", flush=True)
sys.stdin.readline()
print(json.dumps({"deliveries": check(), "more": peak() - idle}), flush=True)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc")
def test_a_check_takes_little_memory_whatever_the_mailbox_holds(office: Office, servers: Servers, storage: str) -> None:
    watch = office.watch()
    office.tick()
    secret = json.dumps({"password": password_of(office.address)})
    folder = folder_key(office.connection.id, "Inbox")
    given = [settings(storage, servers), office.connection.secret_name, secret, office.organization, folder]
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdin
        process.stdin.write(json.dumps(given) + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "idle\n"
        _fill(office)
        process.stdin.write("\n")
        process.stdin.flush()
        measured = json.loads(process.stdout.readline())
    assert office.totals(watch).started == BODIES + 1
    assert measured["deliveries"] > 1
    assert measured["more"] < PROMISED, measured
    files = [file for start in office.starts() for file in start["data"]["attachments"]]
    assert [office.connector.blobs.size(file["blob"]) for file in files] == [FILE]


def _fill(office: Office) -> None:
    inbox = office.mailbox.named["inbox"]
    film = Attachment("film.mov", "video/quicktime", bytes(FILE))
    office.mailbox.add(inbox, Item(subject="Film", is_read=False, is_draft=False, attachments=(film,)))
    long = Body("Text", "Lorem ipsum dolor sit amet, consectetur.\r\n" * (BODY // 42))
    for number in range(BODIES):
        office.mailbox.add(inbox, Item(subject=f"Long {number}", is_read=False, is_draft=False, body=long))
