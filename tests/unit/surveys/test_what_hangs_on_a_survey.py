"""Connections, organizations, retention, checks of the mailbox: what a survey holds, and what goes with it."""

from datetime import timedelta

import pytest

from shared.domain.caller import Caller
from shared.domain.due import DueKind
from shared.errors import Conflict, NotFound
from tests.unit.surveys.bureau import ADMIN, ANNA, CONNECTION, KIM, LEE, LUNCH, MAX, Bureau

DORA = Caller(object_id="22222222-2222-4222-8222-222222222222", name="dora@fabrikam.example")


@pytest.fixture
def bureau() -> Bureau:
    return Bureau()


def reasons(bureau: Bureau) -> list[str]:
    return [one["reason"] for one in bureau.closed]


def test_an_open_survey_stands_in_the_way_of_deleting_its_connection(bureau: Bureau) -> None:
    from shared.domain.etag import IfMatch

    bureau.ask()
    with pytest.raises(Conflict) as refused:
        bureau.connector.manage_connections.delete(ADMIN, "contoso", CONNECTION, IfMatch(), force=False)
    assert refused.value.items == (f"survey {LUNCH}",)
    token = bureau.token(KIM)
    bureau.connector.manage_connections.delete(ADMIN, "contoso", CONNECTION, IfMatch(), force=True)
    with pytest.raises(NotFound):
        bureau.connector.vote_on_page.show(token)
    with pytest.raises(NotFound):
        bureau.connector.manage_surveys.one(ADMIN, "contoso", LUNCH)


def test_a_closed_survey_stands_in_nobodys_way(bureau: Bureau) -> None:
    from shared.domain.etag import IfMatch

    bureau.ask()
    bureau.connector.manage_surveys.close(ADMIN, "contoso", LUNCH)
    bureau.connector.manage_connections.delete(ADMIN, "contoso", CONNECTION, IfMatch(), force=False)
    assert bureau.connector.manage_surveys.one(ADMIN, "contoso", LUNCH).state == "closed"


def test_surveys_go_with_their_organization(bureau: Bureau) -> None:
    from shared.domain.etag import IfMatch

    bureau.ask()
    token = bureau.token(KIM)
    bureau.connector.manage_organizations.delete(ADMIN, "contoso", IfMatch())
    with pytest.raises(NotFound):
        bureau.connector.vote_on_page.show(token)
    assert bureau.ballots._rows == {}
    bureau.later(days=30)
    bureau.tick(2)
    assert list(bureau.due.until(DueKind.SURVEY, bureau.clock.now() + timedelta(days=400))) == []


def test_what_an_open_survey_needs_outlives_the_retention_and_goes_after_it(bureau: Bureau) -> None:
    bureau.ask(deadline="P90D", remindAfter="P80D")
    for _ in range(8):
        bureau.later(days=10)
        bureau.connector.forget_actions()
    bureau.tick(3)
    assert len(bureau.questions(KIM)) == 2, "the reminder is made from what the action keeps"
    bureau.later(days=10)
    bureau.tick(10)
    assert reasons(bureau) == ["deadline"]
    assert bureau.connector.manage_surveys.one(ADMIN, "contoso", LUNCH).state == "closed"
    bureau.later(days=31)
    bureau.tick(3)
    with pytest.raises(NotFound):
        bureau.connector.manage_surveys.one(ADMIN, "contoso", LUNCH)
    assert bureau.action().swept
    assert bureau.connector.manage_surveys.many(ADMIN, "contoso", limit=50, continuation=None) == ([], None)


def test_the_inbox_is_looked_at_at_each_tick_as_long_as_a_survey_is_open(bureau: Bureau) -> None:
    bureau.ask()
    bureau.tick(80)
    before = bureau.exchange.calls["changes"]
    bureau.tick(6)
    assert bureau.exchange.calls["changes"] - before == 6
    bureau.connector.manage_surveys.close(ADMIN, "contoso", LUNCH)
    bureau.tick(80)
    before = bureau.exchange.calls["changes"]
    bureau.tick(30)
    assert bureau.exchange.calls["changes"] - before == 1


def test_a_survey_as_it_is_read(bureau: Bureau) -> None:
    bureau.ask(comment=True)
    bureau.press(KIM, "Pizza", body="Yes please")
    bureau.tick(3)
    shown = bureau.connector.manage_surveys.one(ADMIN, "contoso", LUNCH).model_dump(mode="json", exclude_none=True)
    assert shown["recipients"] == [{"address": one, "state": "sent"} for one in (KIM, LEE, MAX)]
    assert (shown["state"], shown["closeWhen"], shown["options"]) == ("open", "all", ["Pizza", "Sushi"])
    (vote,) = shown["votes"]
    assert vote.pop("at")
    assert vote == {"recipient": KIM, "option": "Pizza", "comment": "Yes please", "via": "button"}
    assert shown["unanswered"] == [LEE, MAX]
    items, more = bureau.connector.manage_surveys.many(ADMIN, "contoso", limit=50, continuation=None)
    assert ([one.id for one in items], more) == ([LUNCH], None)
    assert ANNA not in str(shown)
