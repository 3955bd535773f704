"""``python -m local.standins --config FILE.json``: everything runs until SIGTERM; one ready line of JSON says where."""

import argparse
import asyncio
import json
import os
import signal
import ssl
import threading
from pathlib import Path
from typing import Any

from local.exchange.machinery import Options
from local.exchange.server import Exchange, new_exchange
from local.exchange.store import Store, populate
from local.standins.azure import Azure, start_azure
from local.standins.config import Config
from local.standins.door import Desk
from local.standins.serving import Serving

_PARENT_CHECK_SECONDS = 0.5
_READY_SECONDS = 30.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.standins", description="Exchange, Entra and Key Vault")
    parser.add_argument("--config", type=Path, required=True)
    config = Config.model_validate_json(parser.parse_args().config.read_text("utf-8"))
    exchange = new_exchange(Options(schemes=config.schemes), config.certificates, _store(config))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(config.server)
    passwords = {mailbox.address: mailbox.password for mailbox in exchange.store.mailboxes.values()}
    with Serving(tls) as serving:
        azure = start_azure(config, passwords, Desk(exchange.faults, exchange.seen), serving)
        exchange.trust.follow(azure.entra.tokens)
        asyncio.run(_run(exchange, azure))


def _store(config: Config) -> Store:
    store = Store()
    populate(store)
    for address, password in config.mailboxes.items():
        known = store.find_mailbox(address)
        if known is None:
            store.add_mailbox(address, address.partition("@")[0].title(), password)
        else:
            known.password = password
    return store


async def _run(exchange: Exchange, azure: Azure) -> None:
    ready, stop = threading.Event(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    serving = asyncio.create_task(exchange.serve(ready, stop))
    told = asyncio.create_task(asyncio.to_thread(_tell, ready, json.dumps(_where(exchange, azure))))
    orphaned = asyncio.create_task(_stop_without_parent(stop))
    await serving
    orphaned.cancel()
    await told


def _tell(ready: threading.Event, where: str) -> None:
    if ready.wait(_READY_SECONDS):
        print(where, flush=True)


def _where(exchange: Exchange, azure: Azure) -> dict[str, Any]:
    people = {person.address: person.object_id for person in azure.entra.directory.people()}
    return {
        **exchange.as_json(),
        "keyVault": azure.vault,
        "entra": azure.authority,
        "identityEndpoint": azure.identity_endpoint,
        "objectIds": people,
    }


async def _stop_without_parent(stop: asyncio.Event) -> None:
    """A launcher that was killed leaves nothing behind."""
    parent = os.getppid()
    while os.getppid() == parent:  # noqa: ASYNC110 - nobody tells a child that its parent is gone
        await asyncio.sleep(_PARENT_CHECK_SECONDS)
    stop.set()


if __name__ == "__main__":
    main()
