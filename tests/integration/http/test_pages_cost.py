"""What a list page asks of storage, counted at the wire: at most four requests for its first fifty rows, whatever the total."""

import logging
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from shared.bootstrap import Connector
from shared.domain.survey import Survey, SurveyState
from tests.browser.inhabited import an_appointment
from tests.integration.http.calling import ADMIN, Api
from tests.integration.http.conftest import CLASSIC, CONTOSO, World, furnish
from tests.integration.http.visiting import Reader

ROWS = 51
MOST = 4
Count = Callable[[], int]


@pytest.fixture
def stored(fresh_connector: Connector, api: Api) -> World:
    """Every record, the ledger and the ballots in Azurite."""
    world = furnish(fresh_connector, api)
    for name in ("ledger", "ballots"):
        fresh_connector.__dict__.pop(name)
    return world


@pytest.fixture
def requests(caplog: pytest.LogCaptureFixture) -> Count:
    """Requests since it was last asked; urllib3 logs each one that was answered."""
    caplog.set_level(logging.DEBUG, logger="urllib3.connectionpool")

    def count() -> int:
        number = sum(1 for record in caplog.records if '"%s %s %s" %s %s' in str(record.msg))
        caplog.clear()
        return number

    return count


def _furnished(world: World, organization: str) -> str:
    """More than a page of everything."""
    api = f"organizations/{organization}"
    assert world.api.put(api, CONTOSO, who=ADMIN).status == 201
    connections = [world.api.post(f"{api}/connections", CLASSIC | {"displayName": f"Orders {n}"}) for n in range(ROWS)]
    first: str = connections[0].json["id"]
    for number in range(ROWS):
        watch = {"connectionId": first, "displayName": f"Watch {number}", "processId": "p", "folder": f"Inbox/{number}"}
        assert world.api.post(f"{api}/watches", watch).status == 201
        action: dict[str, Any] = {
            "id": f"order-{number}",
            "connectionId": first,
            "action": "sendEmail",
            "parameters": {"to": ["kim@fabrikam.example"], "subject": "Your order"},
            "correlation": {"case": f"case-{number}"},
        }
        assert world.api.post(f"{api}/actions", action).status == 202
        an_appointment(world, organization, first, f"review-{number}")
        world.connector.survey_rows.begin(_survey(world, organization, first, number), world.clock.now())
    return first


def _survey(world: World, organization: str, connection: str, number: int) -> Survey:
    now = world.clock.now()
    return Survey(
        id=f"survey-{number}",
        organization=organization,
        connection_id=connection,
        subject=f"Lunch {number}?",
        options=("Pizza", "Sushi"),
        deadline=now,
        created_at=now,
        state=SurveyState.OPEN,
        recipients=1,
        counts=(0, 0),
    )


def test_a_list_page_is_at_most_four_requests(stored: World, requests: Count) -> None:
    organization = f"o{uuid4().hex[:12]}"
    _furnished(stored, organization)
    anna, root = Reader(stored.api), f"manage/organizations/{organization}"
    anna.get(
        f"{root}/connections"
    )  # the key of the forms is read once for a process, the organization each few seconds
    for page in (
        "connections",
        "watches",
        "actions",
        "actions?state=queued",
        "actions?text=case-7",
        "surveys",
        "appointments",
    ):
        requests()
        answer = anna.get(f"{root}/{page}")
        asked = requests()
        assert answer.status == 200
        assert asked <= MOST, (page, asked)
        rows = answer.text.count('<th scope="row">')
        assert rows == (1 if "text" in page else 50), (page, rows)
