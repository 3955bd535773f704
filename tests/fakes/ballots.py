"""Surveys and ballots in memory: guarded by versions as the table's are, both of a vote written or none."""

from collections.abc import Sequence
from threading import RLock
from typing import Any, TypeVar

from pydantic import BaseModel

from shared.domain.survey import Ballot, Survey
from shared.ports.ballots import Poll
from shared.ports.records import AlreadyThere, Stale, Stored
from shared.storage.documents import from_text, to_text
from tests.fakes.faults import Failing

T = TypeVar("T", bound=BaseModel)
_SURVEY = "survey"


class FakeBallots(Failing):
    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[tuple[str, str], tuple[str, str]] = {}
        self._lock = RLock()
        self._writes = 0

    def get(self, organization: str, survey_id: str) -> Stored[Survey] | None:
        with self._call("get"), self._lock:
            return self._stored(Survey, f"{organization}|{survey_id}", _SURVEY)

    def read(self, organization: str, survey_id: str, number: int) -> tuple[Stored[Survey], Stored[Ballot]] | None:
        with self._call("read"), self._lock:
            partition = f"{organization}|{survey_id}"
            survey = self._stored(Survey, partition, _SURVEY)
            ballot = self._stored(Ballot, partition, f"{number:04d}")
            return (survey, ballot) if survey and ballot else None

    def whole(self, organization: str, survey_id: str) -> Poll | None:
        with self._call("whole"), self._lock:
            partition = f"{organization}|{survey_id}"
            survey = self._stored(Survey, partition, _SURVEY)
            keys = sorted(key for part, key in self._rows if part == partition and key != _SURVEY)
            found = (self._stored(Ballot, partition, key) for key in keys)
            return Poll(survey, tuple(ballot for ballot in found if ballot)) if survey else None

    def create(self, survey: Survey) -> Stored[Survey]:
        with self._call("create"), self._lock:
            partition = f"{survey.organization}|{survey.id}"
            if (partition, _SURVEY) in self._rows:
                raise AlreadyThere(survey.id)
            return self._write(partition, _SURVEY, survey)

    def replace(self, stored: Stored[Survey], survey: Survey) -> Stored[Survey]:
        with self._call("replace"), self._lock:
            self._guard(stored)
            return self._write(stored.partition, stored.key, survey)

    def cast(self, survey: Stored[Survey], new: Survey, ballot: Stored[Ballot], cast: Ballot) -> None:
        with self._call("cast"), self._lock:
            self._guard(survey)
            self._guard(ballot)
            self._write(survey.partition, survey.key, new)
            self._write(ballot.partition, ballot.key, cast)

    def put(self, organization: str, survey_id: str, ballots: Sequence[tuple[Stored[Ballot] | None, Ballot]]) -> None:
        with self._call("put"), self._lock:
            partition = f"{organization}|{survey_id}"
            for stored, ballot in ballots:
                if stored:
                    self._guard(stored)
                elif (partition, f"{ballot.number:04d}") in self._rows:
                    raise Stale(survey_id)
            for _, ballot in ballots:
                self._write(partition, f"{ballot.number:04d}", ballot)

    def delete(self, organization: str, survey_id: str) -> None:
        with self._call("delete"), self._lock:
            partition = f"{organization}|{survey_id}"
            self._rows = {place: row for place, row in self._rows.items() if place[0] != partition}

    def _stored(self, model: type[T], partition: str, key: str) -> Stored[T] | None:
        row = self._rows.get((partition, key))
        return Stored(partition, key, from_text(model, row[0]), row[1]) if row else None

    def _guard(self, stored: Stored[Any]) -> None:
        row = self._rows.get((stored.partition, stored.key))
        if row is None or row[1] != stored.version:
            raise Stale(stored.key)

    def _write(self, partition: str, key: str, value: T) -> Stored[T]:
        self._writes += 1
        self._rows[partition, key] = (to_text(value), str(self._writes))
        return Stored(partition, key, value, str(self._writes))
