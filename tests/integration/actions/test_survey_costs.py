"""What a survey costs at the server and at the storage: counted at both, over the real EWS door and Azurite."""

import json
from collections.abc import Callable

from local.exchange.server import Exchange
from shared.domain.send_survey import SendSurveyParameters
from shared.use_cases.vote_on_page import Ask, Said
from tests.integration.actions.conftest import Office

ANNA = "anna@contoso.example"


def ask(office: Office, connection: str, people: int) -> str:
    order = office.order(connection)
    order["action"] = "sendSurvey"
    to = [f"p{number}@elsewhere.example" for number in range(people)]
    order["parameters"] = {"to": to, "subject": "Lunch?", "options": ["Pizza", "Sushi"]}
    assert SendSurveyParameters.model_validate(order["parameters"])
    office.connector.perform_action(json.dumps(order).encode())
    survey: str = order["id"]
    return survey


def test_a_survey_costs_two_requests_for_each_fifty_recipients(office: Office, exchange: Exchange) -> None:
    connection = office.connect()
    office.connector.perform_action(
        json.dumps(office.order(connection)).encode()
    )  # what a first visit finds out is known
    exchange.seen.clear()
    left = len(exchange.store.transport.outbound)
    survey = ask(office, connection, 120)
    assert exchange.seen.count("ews", "CreateItem") == 3
    assert exchange.seen.count("ews", "SendItem") == 3
    assert exchange.seen.count() == 6
    assert len(exchange.store.transport.outbound) - left == 120
    view = office.connector.survey_rows.whole(office.organization, survey)
    assert view
    assert view.survey.value.expected == 120


def test_a_vote_on_the_page_is_one_read_and_one_write_of_the_storage(
    office: Office, exchange: Exchange, storage_requests: Callable[[], dict[str, int]]
) -> None:
    connection = office.connect()
    survey = ask(office, connection, 3)
    first, token = (_token(left.item.body.content) for left in exchange.store.transport.outbound[-2:])
    page = office.connector.vote_on_page
    page.vote(first, Ask(page.show(first).form, "2", ""))  # the queue is there now
    form = page.show(token).form
    storage_requests()
    assert page.show(token).said is Said.QUESTION
    assert storage_requests() == {"tables": 1, "queues": 0, "blobs": 0}
    assert page.vote(token, Ask(form, "2", "")).said is Said.RECORDED
    assert storage_requests() == {"tables": 2, "queues": 1, "blobs": 0}
    poll = office.connector.survey_rows.whole(office.organization, survey)
    assert poll
    assert poll.survey.value.counts == (0, 2)


def _token(body: str) -> str:
    return body.partition("/api/vote/")[2].partition("?")[0]
