"""A survey as the engine left it, and the address of a recipient's page."""

from typing import Any

from shared.domain.mail import Address
from shared.domain.survey import Ballot, MailState, Survey, SurveyState
from shared.domain.survey_token import Token
from tests.integration.http.conftest import World

QUESTION = "Where shall we have lunch on Friday?"
OPTIONS = ("Pizzeria Napoli", "Sushi bar at the station", "Canteen, as always")


def asked(world: World, **changes: Any) -> str:
    """The path of Kim's voting page."""
    from datetime import timedelta

    now = world.clock.now()
    fields: dict[str, Any] = {
        "id": "lunch",
        "organization": "contoso",
        "connection_id": "c",
        "subject": QUESTION,
        "options": OPTIONS,
        "deadline": now + timedelta(days=7),
        "created_at": now,
        "state": SurveyState.OPEN,
        "recipients": 2,
        "expected": 2,
        "counts": (0,) * len(changes.get("options", OPTIONS)),
    }
    token = Token.fresh("contoso", "lunch", 0)
    people = (Address(name="Kim", address="kim@fabrikam.example"), Address(address="lee@fabrikam.example"))
    ballots = [
        Ballot(
            number=number, recipient=one, state=MailState.SENT, tokens={"question": token.hashed} if not number else {}
        )
        for number, one in enumerate(people)
    ]
    world.connector.ballots.create(Survey(**{**fields, **changes}))
    world.connector.ballots.put("contoso", "lunch", [(None, ballot) for ballot in ballots])
    return f"/api/vote/{token.text}"


def counts(world: World) -> tuple[int, ...]:
    stored = world.connector.ballots.get("contoso", "lunch")
    assert stored
    return stored.value.counts


def close(world: World) -> None:
    from shared.domain.survey import CloseReason

    stored = world.connector.ballots.get("contoso", "lunch")
    assert stored
    world.connector.close_survey(stored.value, CloseReason.MANUAL)
