"""The customs office of Azure's errors: what is tried again here, what becomes a verdict, what stays a surprise.

The SDKs' own retries are switched off, because a write that was tried twice must know that it was (``TableRecords``).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import count
from time import monotonic, sleep
from typing import TYPE_CHECKING, Literal, TypeVar

from shared.errors import ConnectorError, NotNow, Rejected

if TYPE_CHECKING:
    from azure.core.exceptions import AzureError
    from azure.core.paging import ItemPaged

R = TypeVar("R")
Service = Literal["storage_unavailable", "vault_unavailable"]

CONNECT_SECONDS = 4
READ_SECONDS = 6
# No try begins later than this after the first one, so that a call ends within 20 s whatever the server does.
_LAST_TRY_SECONDS = 9.0
_PAUSES = (0.3, 1.0)
_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
_REFUSED = frozenset({401, 403})
MISSING = frozenset({"TableNotFound", "QueueNotFound", "ContainerNotFound"})
# 409, although nothing conflicts: the container is being deleted, or two large blobs were written under one name.
_BUSY = frozenset({"TableBeingDeleted", "QueueBeingDeleted", "ContainerBeingDeleted", "InvalidBlockList"})
_WORDS: dict[Service, str] = {
    "storage_unavailable": "The connector's storage does not answer at the moment.",
    "vault_unavailable": "Key Vault does not answer at the moment.",
}


def patiently(
    call: Callable[[int], R],
    *,
    create: Callable[[], object] | None = None,
    service: Service = "storage_unavailable",
) -> R:
    """The answer of ``call``, which is told how often it was tried before.

    ``create`` makes the table, queue or container that turns out to be missing. Raises NotNow when the service stays
    away, Rejected ``too_large``; what the call itself does not handle otherwise is a surprise and raised as it is.
    """
    from azure.core.exceptions import AzureError

    last_try = monotonic() + _LAST_TRY_SECONDS
    for tries in count():
        try:
            return call(tries)
        except AzureError as exc:
            if create and error_code(exc) in MISSING:
                _create_once(create)
                create = None
            elif _is_transient(exc) and tries < len(_PAUSES) and monotonic() + _PAUSES[tries] < last_try:
                sleep(_PAUSES[tries])
            else:
                raise _verdict(exc, service) from exc
    raise AssertionError("count() never ends")


def pages(items: "ItemPaged[R]", *, service: Service = "storage_unavailable") -> Iterator[Sequence[R]]:
    """Page by page; a page that fails is asked for again, and what lies in a missing container is nothing."""
    from azure.core.exceptions import ResourceNotFoundError

    by_page = items.by_page()

    def next_page(_tries: int) -> list[R] | None:
        try:
            page = next(by_page, None)
            return None if page is None else list(page)
        except ResourceNotFoundError as exc:
            if error_code(exc) in MISSING:
                return None
            raise

    while (page := patiently(next_page, service=service)) is not None:
        yield page


def error_code(exc: Exception) -> str:
    """The service's own word; some calls of the SDK leave it in the header."""
    code = getattr(exc, "error_code", None) or _headers(exc).get("x-ms-error-code")
    return str(getattr(code, "value", code) or "")


def _create_once(create: Callable[[], object]) -> None:
    from azure.core.exceptions import ResourceExistsError

    try:
        patiently(lambda _: create())
    except ResourceExistsError:
        return  # another process was faster


def _status(exc: Exception) -> int | None:
    status = getattr(exc, "status_code", None)
    return status if isinstance(status, int) else None


def _is_transient(exc: "AzureError") -> bool:
    from azure.core.exceptions import ServiceRequestError, ServiceResponseError

    return isinstance(exc, (ServiceRequestError, ServiceResponseError)) or _status(exc) in _TRANSIENT


def _verdict(exc: "AzureError", service: Service) -> "ConnectorError | AzureError":
    from azure.core.exceptions import ClientAuthenticationError

    if error_code(exc) in {"RequestBodyTooLarge", "EntityTooLarge"} or _status(exc) == 413:  # noqa: PLR2004
        return Rejected("too_large", "This is larger than the connector's storage takes.")
    # 401 and 403: a role or a firewall rule is missing or not yet in force; nothing that a process could mend.
    refused = isinstance(exc, ClientAuthenticationError) or _status(exc) in _REFUSED
    if refused or _is_transient(exc) or error_code(exc) in _BUSY:
        return NotNow(service, _WORDS[service], retry_after=_retry_after(exc))
    return exc


def _headers(exc: Exception) -> Mapping[str, str]:
    return getattr(getattr(exc, "response", None), "headers", None) or {}


def _retry_after(exc: "AzureError") -> timedelta | None:
    text = _headers(exc).get("Retry-After", "")
    return timedelta(seconds=int(text)) if text.isdigit() else None
