"""Surveys over HTTP, and the voting page as programs meet it: scanners, forgers, people with an old form."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from shared.errors import NotNow
from tests.browser.asking import OPTIONS, QUESTION, asked, close, counts
from tests.integration.http.calling import ADMIN, ANNA, BOB, ENGINE, Answer
from tests.integration.http.conftest import World

SURVEYS = "organizations/contoso/surveys"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def page_of(world: World, **changes: Any) -> str:
    return asked(world, **changes).removeprefix("/api/")


def get(world: World, path: str, **headers: str) -> Answer:
    return world.api.get(path, who=None, headers=headers)


def post(world: World, path: str, **fields: str) -> Answer:
    return world.api.post(path, urlencode(fields).encode(), who=None, headers=FORM)


def form_in(answer: Answer) -> str:
    found = re.search(r'name="form" value="(\w+)"', answer.text)
    assert found, answer.text
    return found[1]


def test_a_survey_is_submitted_read_and_closed(world: World) -> None:
    connection = world.connect()["id"]
    order = {
        "id": "lunch-1",
        "connectionId": connection,
        "action": "sendSurvey",
        "parameters": {"to": ["kim@fabrikam.example"], "options": ["Yes", "No"], "deadline": "P7D"},
    }
    answer = world.api.post("organizations/contoso/actions", order, who=ANNA)
    assert answer.status == 202, answer.text
    bad = world.api.post(
        "organizations/contoso/actions", {**order, "id": "x", "parameters": {"to": [], "options": ["Yes"]}}
    )
    assert (bad.status, bad.fields) == (400, {"parameters.to", "parameters.options"})
    late = {"to": ["kim@fabrikam.example"], "options": ["Yes", "No"], "deadline": "2020-01-01T00:00:00Z"}
    assert world.api.post("organizations/contoso/actions", {**order, "id": "y", "parameters": late}).fields == {
        "parameters.deadline"
    }
    assert world.api.get(f"{SURVEYS}/lunch-1").status == 404
    asked(world)
    read = world.api.get(f"{SURVEYS}/lunch", who=ENGINE).json
    assert (read["id"], read["state"], read["subject"], read["closeWhen"]) == ("lunch", "open", QUESTION, "all")
    assert read["tally"] == dict.fromkeys(OPTIONS, 0)
    assert read["unanswered"] == ["kim@fabrikam.example", "lee@fabrikam.example"]
    assert world.api.get(f"{SURVEYS}/lunch", who=BOB).status == 403
    assert world.api.post(f"{SURVEYS}/lunch/close", who=ENGINE).status == 403
    closed = world.api.post(f"{SURVEYS}/lunch/close")
    assert (closed.status, closed.json["state"], closed.json["reason"]) == (200, "closed", "manual")
    assert world.api.post(f"{SURVEYS}/lunch/close").json == closed.json
    assert [event.type for event in world.outbox.events] == ["exchange.survey.closed"]


def test_the_list_comes_in_pages(world: World) -> None:
    from shared.domain.survey import Survey

    for number in range(3):
        now = world.clock.now() + timedelta(seconds=number)
        survey = Survey(
            id=f"s-{number}",
            organization="contoso",
            connection_id="c",
            subject="?",
            options=("a", "b"),
            deadline=now + timedelta(days=1),
            created_at=now,
            recipients=1,
            counts=(0, 0),
        )
        world.connector.survey_rows.begin(survey, survey.deadline)
    first = world.api.get(f"{SURVEYS}?limit=2", who=ADMIN).json
    assert [one["id"] for one in first["items"]] == ["s-2", "s-1"]
    rest = world.api.get(f"{SURVEYS}?limit=2&continuationToken={first['continuationToken']}", who=ADMIN).json
    assert [one["id"] for one in rest["items"]] == ["s-0"]
    assert "continuationToken" not in rest


def test_the_page_is_locked_down(world: World) -> None:
    answer = get(world, page_of(world))
    assert answer.status == 200
    headers = answer.headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "noindex" in headers["x-robots-tag"]
    assert headers["content-type"].startswith("text/html")
    assert not re.search(r"<script|<style|style=|onclick|https?://(?!www\.w3)", answer.text)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT, en;q=0.5", "de"),
        ("fr, de;q=0.4, en;q=0.8", "en"),
        ("fr", "en"),
        ("en;q=0, de", "de"),
        ("de;q=x, ;;;, *", "en"),
        ("d" * 10_000, "en"),
    ],
)
def test_the_page_speaks_the_readers_language(world: World, accepted: str, language: str) -> None:
    answer = get(world, page_of(world), **{"Accept-Language": accepted})
    assert f'<html lang="{language}">' in answer.text


def test_both_languages_have_the_same_words() -> None:
    from shared.web.language import catalogue

    assert catalogue("en").keys() == catalogue("de").keys()
    for name, words in catalogue("en").items():
        assert set(re.findall(r"\{\w+\}", words)) == set(re.findall(r"\{\w+\}", catalogue("de")[name])), name


def test_scanners_follow_links_and_vote_for_nobody(world: World) -> None:
    path = page_of(world)
    for method in ("GET", "HEAD"):
        for query in ("", "?choice=1", "?choice=1&option=1&form=x", "?x=y&x=z", "?choice=abc", "?choice=-1"):
            assert world.api.call(method, path + query, who=None).status == 200
    assert counts(world) == (0, 0, 0)


def test_a_vote_needs_the_pages_form(world: World) -> None:
    path = page_of(world)
    for fields in ({"option": "1"}, {"option": "1", "form": "0" * 64}, {"form": "x"}):
        assert "was out of date" in post(world, path, **fields).text
    assert counts(world) == (0, 0, 0)
    shown = get(world, path)
    assert 'role="alert"' in post(world, path, form=form_in(shown)).text
    voted = post(world, path, form=form_in(shown), option="2")
    assert (voted.status, counts(world)) == (200, (0, 1, 0))
    assert "has been recorded" in voted.text


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"option=1", {}, 415),
        (b'{"option": 1}', {"Content-Type": "application/json"}, 415),
        (b"option=%ff&form=x", FORM, 400),
        (b"\xff\xfe", FORM, 400),
        (b"&".join([b"a=b"] * 200), FORM, 400),
        (b"comment=" + b"x" * 70_000, FORM, 413),
        (b"", FORM, 200),
    ],
)
def test_what_is_no_form_of_ours_is_answered_with_a_page(
    world: World, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = world.api.post(page_of(world), body, who=None, headers=headers)
    assert answer.status == status
    assert "<!doctype html>" in answer.text
    assert counts(world) == (0, 0, 0)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_do_nothing(world: World, method: str) -> None:
    assert world.api.call(method, page_of(world), who=None).status == 405


def test_a_foreign_or_invented_token_is_a_page_that_says_so(world: World) -> None:
    path = page_of(world)
    for wrong in ("vote/x", path[:-1] + ("A" if path[-1] != "A" else "B"), path + "x", "vote/%00", "vote/..%2f"):
        for answer in (get(world, wrong, **{"Accept-Language": "de"}), post(world, wrong, option="1")):
            assert answer.status == 404
            assert "<!doctype html>" in answer.text
            assert "kim@" not in answer.text


def test_after_the_end_the_page_is_there_and_takes_nothing(world: World) -> None:
    path = page_of(world)
    form = form_in(get(world, path))
    close(world)
    for answer in (get(world, path), post(world, path, form=form, option="1")):
        assert answer.status == 200
        assert "This survey is closed" in answer.text
        assert "<form" not in answer.text
    assert counts(world) == (0, 0, 0)


def test_a_comment_is_kept_as_text_and_cut(world: World) -> None:
    path = page_of(world, comment=True)
    wild = "<b>bold</b>\r\n" + "x" * 2000
    voted = post(world, path, form=form_in(get(world, path)), option="1", comment=wild)
    assert "&lt;b&gt;bold" in voted.text
    assert "<b>" not in voted.text
    poll = world.connector.ballots.whole("contoso", "lunch")
    assert poll
    vote = poll.ballots[0].value.vote
    assert vote
    assert len(vote.comment or "") == 1000


def test_one_link_is_answered_sixty_times_a_minute_and_others_go_on(world: World) -> None:
    path = page_of(world)
    assert [get(world, path).status for _ in range(62)][-3:] == [200, 429, 429]
    assert get(world, path).headers["retry-after"]
    assert "Too many requests" in get(world, path).text
    assert world.api.get(f"{SURVEYS}/lunch").status == 200


def test_who_tries_many_tokens_has_to_wait_and_nobody_else(world: World) -> None:
    def guess(number: int, address: str) -> int:
        return get(world, f"vote/MQ.{number}", **{"X-Forwarded-For": f"6.6.6.6, {address}"}).status

    seen = [guess(number, "203.0.113.7:5555") for number in range(62)]
    assert seen[:60] == [404] * 60
    assert seen[60:] == [429] * 2
    assert guess(99, "203.0.113.8:5555") == 404
    path = page_of(world)
    assert get(world, path, **{"X-Forwarded-For": "203.0.113.8:1"}).status == 200


def test_storage_away_is_a_page_too(world: World) -> None:
    path = page_of(world)
    world.connector.ballots.fail_next(NotNow("storage_unavailable", "Away."))  # type: ignore[attr-defined]
    answer = get(world, path)
    assert answer.status == 503
    assert "try again in a few minutes" in answer.text
    assert answer.headers["retry-after"]


def test_the_stylesheet_is_ours_and_nothing_else_is_served(world: World) -> None:
    sheet = get(world, "web/page.css")
    assert sheet.status == 200
    assert sheet.headers["content-type"].startswith("text/css")
    assert "url(" not in sheet.text
    assert "@import" not in sheet.text
    assert sheet.headers["cache-control"].startswith("public")
    for wrong in ("web/page.html", "web/..%2fpage.py", "web/en.json"):
        assert get(world, wrong).status == 404


def test_the_schemas_are_there(world: World) -> None:
    schema = world.api.get("schemas/send-survey").json
    assert {"to", "options"} == set(schema["required"])
    assert schema["properties"]["deadline"]["type"] == "string"
    assert "surveyId" in world.api.get("schemas/SurveyAnswered").json["properties"]
    assert "unanswered" in world.api.get("schemas/SurveyClosed").json["properties"]
