"""A mailbox whose every answer is noticed: that the log-in was accepted, and that the server asked to wait."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from shared.errors import AccessLost, ConnectorError, NotNow
from shared.ports.mailbox import CursorLost, Mailbox

_BEFORE_CONTACT = "address_refused"


class _Watched:
    """A mailbox, or its calendar."""

    def __init__(self, part: Any, answered: Callable[[], None], put_off: Callable[[NotNow], None]) -> None:
        self._part = part
        self._answered = answered
        self._put_off = put_off

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._part, name)
        if name == "calendar":
            return _Watched(value, self._answered, self._put_off)
        return self._noticed(value) if callable(value) else value

    def _noticed(self, method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                result = method(*args, **kwargs)
            except CursorLost:
                self._answered()
                raise
            except ConnectorError as error:
                self._notice([error])
                raise
            self._notice(result if isinstance(result, list) else [None])
            return result

        return call

    def _notice(self, results: list[Any]) -> None:
        for error in results:
            if isinstance(error, NotNow):
                self._put_off(error)
        if not results or any(_is_answer(result) for result in results):
            self._answered()


def _is_answer(result: Any) -> bool:
    if isinstance(result, ConnectorError):
        return not isinstance(result, (NotNow, AccessLost)) and result.code != _BEFORE_CONTACT
    return True


def watched(mailbox: Mailbox, *, answered: Callable[[], None], put_off: Callable[[NotNow], None]) -> Mailbox:
    """``answered``: after each request that the server took from us; ``put_off``: with each that it did not take now."""
    return cast("Mailbox", _Watched(mailbox, answered, put_off))
