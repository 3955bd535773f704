"""Key Vault in memory. Nothing of a value is in its repr."""

import secrets
from collections.abc import Iterator
from threading import Lock

from shared.errors import NotFound
from shared.ports.clock import Clock
from shared.ports.vault import SecretInfo
from tests.fakes.clock import FakeClock
from tests.fakes.faults import Failing


class FakeVault(Failing):
    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__()
        self._clock = clock or FakeClock()
        self._values: dict[str, str] = {}
        self._infos: dict[str, SecretInfo] = {}
        self._lock = Lock()

    def put(self, value: str, *, tags: dict[str, str]) -> str:
        with self._call("put"), self._lock:
            name = f"s-{secrets.token_hex(16)}"
            self._values[name] = value
            self._infos[name] = SecretInfo(name, self._clock.now(), dict(tags))
            return name

    def get(self, name: str) -> str:
        with self._call("get"), self._lock:
            if name not in self._values:
                raise NotFound("The secret is not in Key Vault.")
            return self._values[name]

    def delete(self, name: str) -> None:
        with self._call("delete"), self._lock:
            self._values.pop(name, None)
            self._infos.pop(name, None)

    def secrets(self) -> Iterator[SecretInfo]:
        with self._call("secrets"), self._lock:
            return iter(list(self._infos.values()))

    @property
    def names(self) -> set[str]:
        """Of everything that is stored now."""
        with self._lock:
            return set(self._values)
