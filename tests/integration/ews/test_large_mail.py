"""What a large mail costs in memory, measured in a process of its own: files are streamed both ways."""

import json
import subprocess
import sys
from pathlib import Path

from local.exchange.server import Exchange
from local.exchange.store import password_of
from tests.integration.ews.conftest import ANNA, BOB

ROOT = Path(__file__).resolve().parents[3]
MEGABYTE = 1024 * 1024
PROGRAM = """
import json, sys
from io import BytesIO, RawIOBase
from datetime import UTC, datetime

from shared.domain.connection import Secret
from shared.domain.mail import Address, Body, OutgoingAttachment, OutgoingMail, Stamp
from shared.exchange.open import Doors
from shared.network.session import Network
from tests.contract.mailbox_worlds import connection_to

url, bundle, anna, anna_password, bob, bob_password = json.loads(sys.argv[1])
SIZE = 35 * 1024 * 1024


class Zeros(RawIOBase):
    left = SIZE

    def read(self, count=-1):
        piece = min(count, self.left)
        self.left -= piece
        return bytes(piece)


network = Network(("localhost",), bundle)
doors = Doors(lambda: network)


def peak():
    # of this process alone: what getrusage says begins with the peak of whoever started it
    (line,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


with doors.open(connection_to(url, anna), Secret(password=anna_password)) as mailbox:
    inbox = mailbox.find_folder("Inbox")
    idle = peak()
    file = OutgoingAttachment("film.mov", "video/quicktime", SIZE, Zeros)
    stamp = Stamp("large", "<large@contoso.example>")
    mail = OutgoingMail(stamp, "Film", Body(content="x"), to=(Address(address=bob),), attachments=(file,))
    (draft,) = mailbox.create_drafts([mail])
    assert mailbox.send_drafts([draft], keep_copy=False) == [None], draft
    sent = peak()
with doors.open(connection_to(url, bob), Secret(password=bob_password)) as mailbox:
    (head,) = mailbox.find_mails("<large@contoso.example>")
    (received,) = mailbox.read([head.id])
    total = sum(len(piece) for piece in mailbox.attachment(head.id, received.attachments[0].id))
    original = sum(len(piece) for piece in mailbox.original(head.id))
    read = peak()
doors.close()
print(json.dumps({"sent": sent - idle, "read": read - sent, "total": total, "original": original}))
"""


def test_thirty_five_megabytes_pass_without_being_held(exchange: Exchange) -> None:
    arguments = [exchange.ews_url, str(exchange.ca_bundle), ANNA, password_of(ANNA), BOB, password_of(BOB)]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(arguments)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    measured = json.loads(done.stdout)
    assert measured["total"] == 35 * MEGABYTE
    assert measured["original"] > 35 * MEGABYTE
    assert measured["sent"] < 60, measured  # MB above idle; the promise is 400
    assert measured["read"] < 60, measured  # the promise is 200
