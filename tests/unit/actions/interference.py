"""A server at whose door a test may do something at a given request: what happens between two lines of ours."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from shared.domain.connection import Connection, Secret
from tests.fakes.exchange import FakeExchange


class Interrupted:
    def __init__(self, exchange: FakeExchange) -> None:
        self._exchange = exchange
        self._plans: dict[str, Callable[[], None]] = {}

    def after(self, method: str, do: Callable[[], None]) -> None:
        """Once, when the effect has taken place and the answer is on its way."""
        self._plans[method] = do

    @property
    def has_interfered(self) -> bool:
        return not self._plans

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exchange, name)

    @contextmanager
    def open(self, connection: Connection, secret: Secret | None) -> Iterator[Any]:
        with self._exchange.open(connection, secret) as mailbox:
            yield _Mailbox(mailbox, self._plans)


class _Mailbox:
    def __init__(self, mailbox: object, plans: dict[str, Callable[[], None]]) -> None:
        self._mailbox = mailbox
        self._plans = plans

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._mailbox, name)
        if name == "calendar":
            return _Mailbox(value, self._plans)
        if name not in self._plans:
            return value

        def call(*args: object, **kwargs: object) -> object:
            result = value(*args, **kwargs)
            self._plans.pop(name, lambda: None)()
            return result

        return call
