"""Surveys and ballots for tests of stores."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from shared.domain.mail import Address
from shared.domain.survey import Ballot, Survey

NOW = datetime(2027, 3, 1, tzinfo=UTC)


def a_survey() -> Survey:
    """With an id of its own."""
    return Survey(
        id=f"lunch.{uuid4()}",
        organization="contoso",
        connection_id="c",
        subject="Größe? 寿司 🍣",
        options=("Yes", "No"),
        deadline=NOW,
        created_at=NOW,
        recipients=3,
        counts=(0, 0),
    )


def a_ballot(number: int, **changes: Any) -> Ballot:
    return Ballot(number=number, recipient=Address(address=f"p{number}@fabrikam.example"), **changes)
