"""One table: rows read and written, each with one request. It is made when the first write finds it missing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from shared.ports.records import AlreadyThere, Stale
from shared.storage import table_request
from shared.storage.connect import StorageAccount
from shared.storage.rows import Operation, Row
from shared.storage.translate import MISSING, error_code, pages, patiently

if TYPE_CHECKING:
    from shared.storage.service import Service

R = TypeVar("R")
_LARGEST_PAGE = 1000
_OTHERS_WERE_FASTER = (HTTPStatus.NOT_FOUND, HTTPStatus.PRECONDITION_FAILED)


class Table:
    """Raises NotNow when the service stays away. Rows of one call of ``write`` are written all or not at all."""

    def __init__(self, account: StorageAccount, name: str) -> None:
        self._account = account
        self._name = name

    def get(self, partition: str, row_key: str) -> Row | None:
        from azure.core.exceptions import HttpResponseError

        def read(_tries: int) -> Row | None:
            try:
                properties = self._service.ask(*table_request.read(self._address, partition, row_key)).json()
            except HttpResponseError as exc:
                if exc.status_code == HTTPStatus.NOT_FOUND:
                    return None
                raise
            return Row(properties, properties["odata.etag"])

        return patiently(read)

    def query(self, condition: str, words: Mapping[str, str], *, size: int = _LARGEST_PAGE) -> Iterator[Sequence[Row]]:
        """Page by page, in the order of the keys. ``@name`` in the condition stands for a word."""
        client = self._account.table(self._name)
        page_size = min(size, _LARGEST_PAGE)
        for page in pages(client.query_entities(condition, parameters=dict(words), results_per_page=page_size)):
            yield [Row(entity, str(entity.metadata["etag"])) for entity in page]

    def write(self, operations: Sequence[Operation]) -> list[str]:
        """The ETag of each row, empty for a deleted one. Raises AlreadyThere, Stale.

        After a lost answer our own write may stand in the way: what is raised then makes the caller look.
        """
        return self.patiently(lambda _tries: self.write_once(operations))

    def write_once(self, operations: Sequence[Operation]) -> list[str]:
        """For those who must know that they write again; to be called inside ``patiently``."""
        from azure.core.exceptions import HttpResponseError

        try:
            return [self._alone(operations[0])] if len(operations) == 1 else self._together(operations)
        except HttpResponseError as exc:
            row_key = operations[0].row["RowKey"]
            if error_code(exc) == "EntityAlreadyExists":
                raise AlreadyThere(row_key) from exc
            if exc.status_code in _OTHERS_WERE_FASTER and error_code(exc) not in MISSING:
                raise Stale(row_key) from exc
            raise

    def remove(self, partition: str, row_key: str) -> None:
        """Whatever stands there; nothing may."""
        with suppress(Stale):
            self.write([Operation("delete", {"PartitionKey": partition, "RowKey": row_key})])

    def patiently(self, call: Callable[[int], R]) -> R:
        return patiently(call, create=self._create)

    def _create(self) -> None:
        self._account.tables.create_table(self._name)

    @property
    def _service(self) -> "Service":
        return self._account.service("table")

    @property
    def _address(self) -> str:
        return f"{self._service.address}/{self._name}"

    def _alone(self, operation: Operation) -> str:
        answer = self._service.ask(*table_request.write(self._address, operation))
        return str(answer.headers.get("etag", ""))

    def _together(self, operations: Sequence[Operation]) -> list[str]:
        from shared.storage.service import refusal

        headers, body = table_request.transaction(self._address, operations)
        answer = self._service.ask("POST", f"{self._service.address}/$batch", headers, body)
        outcomes = table_request.outcomes(answer.data)
        for status, _ in outcomes:
            if status >= HTTPStatus.BAD_REQUEST:
                raise refusal(answer, status)
        return [etag for _, etag in outcomes]
