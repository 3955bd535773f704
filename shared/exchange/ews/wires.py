"""The wires of this process, the least recently used forgotten: one for each server, account and secret, for all mailboxes behind it."""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from hashlib import blake2b
from threading import Lock

from shared.domain.connection import Connection
from shared.exchange.ews.account import Account, Bearer, Password
from shared.exchange.ews.wire import Wire
from shared.network.gate import Gate
from shared.network.session import Network

MOST = 2048
"""An idle connection takes about 10 KB; a mailbox whose connection was closed costs a TLS handshake at each check."""
_Key = tuple[str, str, bytes]


class Wires:
    """A forgotten wire closes its idle connections itself when the last user has let it go."""

    def __init__(self, network: Network, *, answer_within: timedelta, most: int = MOST) -> None:
        self._network = network
        self._answer_within = answer_within
        self._most = most
        self._salt = secrets.token_bytes(16)
        self._wires: OrderedDict[_Key, Wire] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._wires)

    def wire(self, url: str, username: str, password: str) -> Wire:
        secret = blake2b(password.encode(), key=self._salt).digest()
        return self._kept((url, username.lower(), secret), lambda: self._made(url, Password(username, password)))

    def online(self, connection: Connection, token: Callable[[str | None], str], gate: Gate) -> Wire:
        """For a connection that signs in with a token: the secret's name stands for its value."""
        proof = f"{connection.secret_name}/{connection.client_id}/{connection.tenant_id}"
        key = (connection.url, connection.id, proof.encode())
        return self._kept(key, lambda: self._made(connection.url, Bearer(token), gate))

    def _made(self, url: str, account: Account, gate: Gate | None = None) -> Wire:
        return Wire(self._network, url, account, answer_within=self._answer_within, gate=gate)

    def _kept(self, key: _Key, make: Callable[[], Wire]) -> Wire:
        with self._lock:
            if key in self._wires:
                self._wires.move_to_end(key)
                return self._wires[key]
            wire = make()
            self._wires[key] = wire
            self._forget(key)
        return wire

    def _forget(self, key: _Key) -> None:
        """Too many, and more than two secrets of one account: the older ones were changed."""
        same = [known for known in self._wires if known[:2] == key[:2]]
        for old in same[:-2]:
            del self._wires[old]
        while len(self._wires) > self._most:
            self._wires.popitem(last=False)

    def close(self) -> None:
        with self._lock:
            for wire in self._wires.values():
                wire.close()
            self._wires.clear()
