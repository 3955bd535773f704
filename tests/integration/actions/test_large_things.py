"""What is large passes whole and is never held whole: actions at their limits, memory measured in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from local.exchange.server import Exchange
from tests.integration.actions.conftest import Office

ROOT = Path(__file__).resolve().parents[3]
MEGABYTE = 1024 * 1024
MOST_MEMORY = 400
BOB = "bob@contoso.example"
PROGRAM = """
import base64, json, sys
from types import SimpleNamespace

from tests.integration.actions.conftest import Office

kind, subject, storage, url, bundle = sys.argv[1:]
SIZE = 35 * 1024 * 1024
office = Office(storage, SimpleNamespace(ews_url=url, ca_bundle=bundle))
blobs, outgoing, connection = office.connector.blobs, f"outgoing/{office.organization}", office.connect()


def perform(order):
    office.connector.perform_action(json.dumps(order).encode())
    stored = office.connector.actions.get(office.organization, order["id"])
    assert stored.value.state == "succeeded", stored.value


def memory(what):
    (line,) = [line for line in open("/proc/self/status") if line.startswith(what)]
    return int(line.split()[1])


file = {"name": "film.mov", "contentType": "video/quicktime"}
order = office.order(connection, subject=subject, attachments=[{**file, "blob": f"{outgoing}/film.mov"}])
if kind == "a file in a blob":
    blobs.put(f"{outgoing}/film.mov", (bytes(1024) for _ in range(SIZE // 1024)))
else:
    order["parametersBlob"] = f"{outgoing}/parameters.json"
    parameters = {**order.pop("parameters"), "attachments": [{**file, "contentBytes": "*"}]}
    head, _, tail = json.dumps(parameters).partition("*")
    middle = (base64.b64encode(bytes(3 * 1024)) for _ in range(SIZE // 3 // 1024))
    blobs.put(order["parametersBlob"], (piece for part in ([head.encode()], middle, [tail.encode()]) for piece in part))
perform(office.order(connection))
open("/proc/self/clear_refs", "w").write("5")  # the peak begins anew: proc(5)
idle = memory("VmRSS")
perform(order)
print(json.dumps((memory("VmHWM") - idle) / 1024))
"""


@pytest.mark.parametrize("kind", ["a file in a blob", "a file in the parameters in a blob"])
def test_thirty_five_megabytes_go_out_and_take_little_memory(storage: str, exchange: Exchange, kind: str) -> None:
    arguments = [kind, f"Large: {kind}", storage, exchange.ews_url, str(exchange.ca_bundle)]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], check=False, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    taken = json.loads(done.stdout)
    sys.stdout.write(f"\n{kind}: {taken:.0f} MB above idle\n")
    inbox = exchange.store.mailbox(BOB).named["inbox"]
    (mail,) = [item for item in inbox.items.values() if item.subject == f"Large: {kind}"]
    (file,) = mail.attachments
    assert file.size // MEGABYTE in {34, 35}
    assert taken < MOST_MEMORY


def test_more_than_thirty_five_megabytes_are_refused_with_the_limit_and_nothing_goes_out(office: Office) -> None:
    outgoing = f"outgoing/{office.organization}"
    names = [f"{outgoing}/{number}.bin" for number in range(2)]
    for name in names:
        office.connector.blobs.put(name, (bytes(MEGABYTE) for _ in range(18)))
    files = [{"name": "a.bin", "contentType": "application/octet-stream", "blob": name} for name in names]
    order = office.order(office.connect(), attachments=files)
    office.connector.perform_action(json.dumps(order).encode())
    stored = office.connector.actions.get(office.organization, order["id"])
    assert stored
    assert stored.value.error
    assert (stored.value.error.code, stored.value.error.field) == ("too_large", "parameters.attachments")
    assert "35 MB" in stored.value.error.message
    assert office.exchange.seen.as_json()["requests"] == []


def test_five_hundred_recipients_get_one_mail_and_one_more_is_a_bad_field(office: Office) -> None:
    crowd = [f"person{number}@fabrikam.invalid" for number in range(499)]
    connection = office.connect()
    order = office.order(connection, cc=crowd, subject="To five hundred")
    office.connector.perform_action(json.dumps(order).encode())
    stored = office.connector.actions.get(office.organization, order["id"])
    assert stored
    assert stored.value.state == "succeeded", stored.value.error
    sent = [one.recipient for one in office.exchange.store.transport.outbound if one.item.subject == "To five hundred"]
    assert sorted(sent) == sorted(crowd)

    more = office.order(connection, cc=[*crowd, "one.more@fabrikam.invalid"])
    office.connector.perform_action(json.dumps(more).encode())
    refused = office.connector.actions.get(office.organization, more["id"])
    assert refused
    assert refused.value.error
    assert refused.value.error.code == "invalid_parameters"
    assert "500" in refused.value.error.message
