"""Surveys and their ballots in Table Storage: one partition for each survey, so that a vote is one read and one write.

A query for two rows of a partition reads through that partition: it has at most 501 rows.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from shared.domain.survey import Ballot, Survey
from shared.ports.ballots import Poll
from shared.ports.records import AlreadyThere, Stale, Stored
from shared.storage.connect import StorageAccount
from shared.storage.documents import from_properties, from_text, to_properties, to_text
from shared.storage.rows import Operation, Row
from shared.storage.table import Table

TABLE = "ballots"
_SURVEY = "survey"
_ROWS_AT_ONCE = 100
T = TypeVar("T", bound=BaseModel)


class TableBallots:
    def __init__(self, account: StorageAccount) -> None:
        self._table = Table(account, TABLE)

    def get(self, organization: str, survey_id: str) -> Stored[Survey] | None:
        row = self._table.get(_partition(organization, survey_id), _SURVEY)
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
        [etag] = self._table.write([Operation("create", row)])
        return Stored(row["PartitionKey"], _SURVEY, survey, etag)

    def replace(self, stored: Stored[Survey], survey: Survey) -> Stored[Survey]:
        [etag] = self._table.write([_over(stored, survey)])
        return Stored(stored.partition, stored.key, survey, etag)

    def cast(self, survey: Stored[Survey], new: Survey, ballot: Stored[Ballot], cast: Ballot) -> None:
        self._table.write([_over(survey, new), _over(ballot, cast)])

    def put(self, organization: str, survey_id: str, ballots: Sequence[tuple[Stored[Ballot] | None, Ballot]]) -> None:
        partition = _partition(organization, survey_id)
        operations = [
            _over(stored, ballot)
            if stored
            else Operation("create", _row(partition, _ballot_row(ballot.number), ballot))
            for stored, ballot in ballots
        ]
        try:
            for some in _in_transactions(operations):
                self._table.write(some)
        except AlreadyThere as there:
            raise Stale(survey_id) from there

    def delete(self, organization: str, survey_id: str) -> None:
        partition = _partition(organization, survey_id)
        keys = sorted(row["RowKey"] for row in self._rows(organization, survey_id, "PartitionKey eq @partition"))
        for some in _in_transactions(keys):
            try:
                self._table.write([Operation("delete", {"PartitionKey": partition, "RowKey": key}) for key in some])
            except Stale:  # somebody else deletes them too
                for key in some:
                    self._table.remove(partition, key)

    def _rows(self, organization: str, survey_id: str, condition: str, **words: str) -> Iterator[Row]:
        words["partition"] = _partition(organization, survey_id)
        for page in self._table.query(condition, words):
            yield from page


def _partition(organization: str, survey_id: str) -> str:
    return f"{organization}|{survey_id}"


def _ballot_row(number: int) -> str:
    return f"b|{number:04d}"


def _row(partition: str, key: str, value: BaseModel) -> dict[str, Any]:
    return {"PartitionKey": partition, "RowKey": key, **to_properties(to_text(value))}


def _over(stored: Stored[Any], value: BaseModel) -> Operation:
    return Operation("put", _row(stored.partition, stored.key, value), stored.version)


def _stored(model: type[T], row: Row) -> Stored[T]:
    text = from_properties(row)
    return Stored(row["PartitionKey"], row["RowKey"], from_text(model, text), row.etag)


def _in_transactions(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[at : at + _ROWS_AT_ONCE] for at in range(0, len(items), _ROWS_AT_ONCE))
