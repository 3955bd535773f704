"""`python -m local.exchange [--config FILE.json]`: runs the simulated Exchange until SIGTERM and prints one ready line of JSON with its URLs.

The file may hold `certificates` (directory, made if it is not there), `ca` and `server` (PEM files that exist already), `mailboxes`
({address: password}, added to the default cast or changing its passwords), `portsOf` {ews, smtp, control}, `schemes`, `requestLimit`,
`mailLimit`, `impersonators`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import tempfile
import threading
from pathlib import Path
from typing import Any

from local.certificates import Certificates, make_certificates
from local.exchange.machinery import Options
from local.exchange.server import Exchange, new_exchange
from local.exchange.store import Store, populate

_START_SECONDS = 30


def main() -> None:
    parser = argparse.ArgumentParser(prog="local.exchange")
    parser.add_argument("--config", type=Path)
    arguments = parser.parse_args()
    config = json.loads(arguments.config.read_text(encoding="utf-8")) if arguments.config else {}
    with tempfile.TemporaryDirectory() as directory:
        exchange = new_exchange(_options(config), _certificates(config, Path(directory)), _store(config))
        asyncio.run(_run(exchange))


def _certificates(config: dict[str, Any], otherwise: Path) -> Certificates:
    if "ca" in config:
        return Certificates(Path(config["ca"]), Path(config["server"]))
    return make_certificates(Path(config.get("certificates", otherwise)))


def _store(config: dict[str, Any]) -> Store:
    store = Store()
    populate(store)
    for address, password in config.get("mailboxes", {}).items():
        known = store.find_mailbox(address)
        if known is None:
            store.add_mailbox(address, address.partition("@")[0].title(), password)
        else:
            known.password = password
    return store


def _options(config: dict[str, Any]) -> Options:
    ports = config.get("portsOf", {})
    chosen: dict[str, Any] = {
        "port": ports.get("ews", 0),
        "smtp_port": ports.get("smtp", 0),
        "control_port": ports.get("control", 0),
    }
    for name, setting in (("requestLimit", "request_limit"), ("mailLimit", "mail_limit")):
        if name in config:
            chosen[setting] = config[name]
    if "schemes" in config:
        chosen["schemes"] = tuple(config["schemes"])
    if "impersonators" in config:
        chosen["impersonators"] = frozenset(config["impersonators"])
    return Options(**chosen)


async def _run(exchange: Exchange) -> None:
    ready, stop = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    announcing = loop.run_in_executor(None, _announce, ready, exchange)
    await exchange.serve(ready, stop)
    await announcing


def _announce(ready: threading.Event, exchange: Exchange) -> None:
    if ready.wait(_START_SECONDS):
        print(json.dumps(exchange.as_json()), flush=True)


if __name__ == "__main__":
    main()
