"""Surveys and the votes of their recipients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.domain.survey import Ballot, Survey
    from shared.ports.records import Stored


@dataclass(frozen=True, slots=True)
class Poll:
    """A survey with its ballots, in the order of their numbers."""

    survey: Stored[Survey]
    ballots: tuple[Stored[Ballot], ...]


class Ballots(Protocol):
    """A survey and its recipients' ballots, which change together or not at all.

    Raises NotNow ``storage_unavailable`` when the store is away.
    """

    def get(self, organization: str, survey_id: str) -> Stored[Survey] | None: ...

    def read(self, organization: str, survey_id: str, number: int) -> tuple[Stored[Survey], Stored[Ballot]] | None:
        """One recipient's ballot and its survey, in one request. None where either is missing."""
        ...

    def whole(self, organization: str, survey_id: str) -> Poll | None: ...

    def create(self, survey: Survey) -> Stored[Survey]:
        """Raises AlreadyThere."""
        ...

    def replace(self, stored: Stored[Survey], survey: Survey) -> Stored[Survey]:
        """Raises Stale."""
        ...

    def cast(self, survey: Stored[Survey], new: Survey, ballot: Stored[Ballot], cast: Ballot) -> None:
        """Both in one request. Raises Stale, and then nothing is written."""
        ...

    def put(self, organization: str, survey_id: str, ballots: Sequence[tuple[Stored[Ballot] | None, Ballot]]) -> None:
        """Each over the one that was read, or as a new one. Raises Stale where one changed meanwhile; others may be written."""
        ...

    def delete(self, organization: str, survey_id: str) -> None:
        """The ballots first. Deleting what is gone is no error."""
        ...
