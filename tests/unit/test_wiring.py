"""What the layers of the wiring add to each other's lists: what is built, but asked by nobody, would be missed by nobody."""

import pytest

from shared.bootstrap import Connector
from shared.config import Settings
from shared.domain.action import ActionName
from shared.domain.classification import MailClass


@pytest.fixture
def connector() -> Connector:
    """Nothing in it opens a connection."""
    settings = {
        "AzureWebJobsStorage__accountName": "contoso",
        "KEY_VAULT_URL": "https://vault.contoso.example",
        "PUBLIC_BASE_URL": "https://connector.contoso.example",
    }
    return Connector(Settings.read(settings))


def test_every_action_has_somebody_who_performs_it(connector: Connector) -> None:
    made = {type(make()) for make in connector.performers.values()}
    assert set(connector.performers) == set(ActionName)
    assert len(made) == len(ActionName) - 1  # e-mails and surveys both wait for bounces


def test_open_surveys_and_appointments_are_awaited_at_each_tick(connector: Connector) -> None:
    assert {asks.__qualname__ for asks in connector.awaited} == {
        "SurveyRows.is_awaited",
        "AppointmentUses.awaits_answers",
    }


def test_bounces_votes_and_answers_have_somebody_who_takes_them(connector: Connector) -> None:
    assert set(connector.special_handlers) == {MailClass.BOUNCE, MailClass.VOTE, MailClass.ATTENDEE_ANSWER}


def test_watches_surveys_and_appointments_stand_in_the_way_of_deleting_a_connection(connector: Connector) -> None:
    assert len({type(uses) for uses in connector.connection_uses}) == 3
