"""Surveys and their ballots in Table Storage: one partition for each survey, so that a vote is one read and one write.

A query for two rows of a partition reads through that partition: it has at most 501 rows.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from shared.domain.survey import Ballot, Survey
from shared.ports.ballots import Poll
from shared.ports.records import AlreadyThere, Stale, Stored
from shared.storage.connect import StorageAccount
from shared.storage.documents import from_properties, from_text, to_properties, to_text
from shared.storage.rows import Operation, refusal
from shared.storage.transaction import submit
from shared.storage.translate import pages, patiently

if TYPE_CHECKING:
    from azure.data.tables import TableClient, TableEntity

TABLE = "ballots"
_SURVEY = "survey"
_ROWS_AT_ONCE = 100
T = TypeVar("T", bound=BaseModel)


class TableBallots:
    def __init__(self, account: StorageAccount) -> None:
        self._account = account

    def get(self, organization: str, survey_id: str) -> Stored[Survey] | None:
        from azure.core.exceptions import ResourceNotFoundError

        def read(_tries: int) -> "TableEntity | None":
            try:
                return self._table.get_entity(_partition(organization, survey_id), _SURVEY)
            except ResourceNotFoundError:
                return None

        row = patiently(read)
        return _stored(Survey, row) if row else None

    def read(self, organization: str, survey_id: str, number: int) -> tuple[Stored[Survey], Stored[Ballot]] | None:
        either = "PartitionKey eq @partition and (RowKey eq @survey or RowKey eq @ballot )"
        words = {"survey": _SURVEY, "ballot": _ballot_row(number)}
        rows = {row["RowKey"]: row for row in self._rows(organization, survey_id, either, **words)}
        if len(rows) != len(words):
            return None
        return _stored(Survey, rows[_SURVEY]), _stored(Ballot, rows[_ballot_row(number)])

    def whole(self, organization: str, survey_id: str) -> Poll | None:
        rows = list(self._rows(organization, survey_id, "PartitionKey eq @partition"))
        surveys = [row for row in rows if row["RowKey"] == _SURVEY]
        ballots = [row for row in rows if row["RowKey"] != _SURVEY]
        if not surveys:
            return None
        return Poll(_stored(Survey, surveys[0]), tuple(_stored(Ballot, row) for row in ballots))

    def create(self, survey: Survey) -> Stored[Survey]:
        row = _row(_partition(survey.organization, survey.id), _SURVEY, survey)
        etag = self._send([("create", row, {})])
        return Stored(row["PartitionKey"], _SURVEY, survey, etag)

    def replace(self, stored: Stored[Survey], survey: Survey) -> Stored[Survey]:
        return Stored(stored.partition, stored.key, survey, self._send([_over(stored, survey)]))

    def cast(self, survey: Stored[Survey], new: Survey, ballot: Stored[Ballot], cast: Ballot) -> None:
        self._send([_over(survey, new), _over(ballot, cast)])

    def put(self, organization: str, survey_id: str, ballots: Sequence[tuple[Stored[Ballot] | None, Ballot]]) -> None:
        partition = _partition(organization, survey_id)
        operations = [
            _over(stored, ballot) if stored else ("create", _row(partition, _ballot_row(ballot.number), ballot), {})
            for stored, ballot in ballots
        ]
        try:
            for some in _in_transactions(operations):
                self._send(some)
        except AlreadyThere as there:
            raise Stale(survey_id) from there

    def delete(self, organization: str, survey_id: str) -> None:
        partition = _partition(organization, survey_id)
        keys = sorted(row["RowKey"] for row in self._rows(organization, survey_id, "PartitionKey eq @partition"))
        for some in _in_transactions(keys):
            try:
                self._send([("delete", {"PartitionKey": partition, "RowKey": key}, {}) for key in some])
            except Stale:  # somebody else deletes them too
                for key in some:
                    patiently(lambda _, key=key: self._table.delete_entity(partition, key))  # type: ignore[misc]

    @property
    def _table(self) -> "TableClient":
        return self._account.table(TABLE)

    def _rows(self, organization: str, survey_id: str, condition: str, **words: str) -> "Iterator[TableEntity]":
        words["partition"] = _partition(organization, survey_id)
        for page in pages(self._table.query_entities(condition, parameters=words, results_per_page=1000)):
            yield from page

    def _send(self, operations: Sequence[Operation]) -> str:
        """After a lost answer our own write may stand in the way: callers then find it done when they look again."""

        def send(_tries: int) -> str:
            with refusal(operations[0][1]["RowKey"]):
                return submit(self._table, operations)[0]

        return patiently(send, create=self._table.create_table)


def _partition(organization: str, survey_id: str) -> str:
    return f"{organization}|{survey_id}"


def _ballot_row(number: int) -> str:
    return f"b|{number:04d}"


def _row(partition: str, key: str, value: BaseModel) -> dict[str, Any]:
    return {"PartitionKey": partition, "RowKey": key, **to_properties(to_text(value))}


def _over(stored: Stored[Any], value: BaseModel) -> Operation:
    from azure.core import MatchConditions
    from azure.data.tables import UpdateMode

    guard = {"etag": stored.version, "match_condition": MatchConditions.IfNotModified, "mode": UpdateMode.REPLACE}
    return ("update", _row(stored.partition, stored.key, value), guard)


def _stored(model: type[T], row: "TableEntity") -> Stored[T]:
    text = from_properties(row)
    return Stored(row["PartitionKey"], row["RowKey"], from_text(model, text), str(row.metadata["etag"]))


def _in_transactions(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[at : at + _ROWS_AT_ONCE] for at in range(0, len(items), _ROWS_AT_ONCE))
