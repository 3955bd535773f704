"""What ``sendSurvey`` takes, and what it says to everything else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.action import ActionName
from shared.domain.parameters import check_times, read_parameters
from shared.domain.send_survey import SendSurveyParameters
from shared.errors import InvalidRequest

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)


def read(**changes: Any) -> SendSurveyParameters:
    document = {"to": ["Kim <kim@fabrikam.example>"], "options": ["Yes", "No"], **changes}
    parameters = read_parameters(ActionName.SEND_SURVEY, document, "contoso")
    check_times(parameters, NOW)
    assert isinstance(parameters, SendSurveyParameters)
    return parameters


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"options": ["Yes"]}, "parameters.options"),
        ({"options": []}, "parameters.options"),
        ({"options": [f"Option {number}" for number in range(32)]}, "parameters.options"),
        ({"options": ["Yes", "YES"]}, "parameters.options"),
        ({"options": ["Straße", "STRASSE"]}, "parameters.options"),
        ({"options": ["Yes", " Yes "]}, "parameters.options"),
        ({"options": ["Yes", ""]}, "parameters.options[1]"),
        ({"options": ["Yes", "   "]}, "parameters.options[1]"),
        ({"options": ["Yes", "x" * 65]}, "parameters.options[1]"),
        ({"options": ["Yes", "No; never"]}, "parameters.options[1]"),
        ({"options": ["Yes", "No\nnever"]}, "parameters.options[1]"),
        ({"options": ["Yes", "No\u2028never"]}, "parameters.options[1]"),
        ({"options": ["Yes", "\x07"]}, "parameters.options[1]"),
        ({"options": ["Yes", "\ufffe"]}, "parameters.options[1]"),
        ({"options": ["Yes", 7]}, "parameters.options[1]"),
        ({"to": []}, "parameters.to"),
        ({"to": [f"p{number}@fabrikam.example" for number in range(501)]}, "parameters.to"),
        ({"to": ["kim"]}, "parameters.to[0]"),
        ({"deadline": "2027-02-28T09:00:00Z"}, "parameters.deadline"),
        ({"deadline": "2027-03-01T09:00:00Z"}, "parameters.deadline"),
        ({"deadline": "2027-03-02T09:00:00"}, "parameters.deadline"),
        ({"deadline": "PT0S"}, "parameters.deadline"),
        ({"deadline": "-P1D"}, "parameters.deadline"),
        ({"deadline": "P366D"}, "parameters.deadline"),
        ({"deadline": "tomorrow"}, "parameters.deadline"),
        ({"deadline": 86400}, "parameters.deadline"),
        ({"closeWhen": "never"}, "parameters.closeWhen"),
        ({"closeWhen": {"count": 0}}, "parameters.closeWhen.count"),
        ({"closeWhen": {"count": 2}}, "parameters.closeWhen.count"),
        ({"closeWhen": {"count": True}}, "parameters.closeWhen.count"),
        ({"remindAfter": "PT0S"}, "parameters.remindAfter"),
        ({"remindAfter": "P7D", "deadline": "P7D"}, "parameters.remindAfter"),
        ({"sendAt": "2028-03-02T09:00:00Z"}, "parameters.sendAt"),
        ({"cc": ["lee@fabrikam.example"]}, "parameters.cc"),
        ({"anonymous": True}, "parameters.anonymous"),
        ({"body": {"content": "\x00"}}, "parameters.body.content"),
    ],
    ids=str,
)
def test_what_is_refused_names_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read(**changes)
    assert field in {error.field for error in refused.value.errors}


def test_the_defaults_are_the_contracts() -> None:
    parameters = read()
    assert parameters.ends(NOW) == NOW + timedelta(days=28)
    assert (parameters.close_when, parameters.allow_change, parameters.comment, parameters.links) == (
        "all",
        False,
        False,
        True,
    )


def test_31_options_and_500_recipients_are_taken() -> None:
    parameters = read(
        options=[f"Option {number}" for number in range(31)],
        to=[f"p{number}@fabrikam.example" for number in range(500)],
        closeWhen={"count": 500},
    )
    assert (len(parameters.options), len(parameters.recipients)) == (31, 500)


def test_a_deadline_is_an_instant_or_a_duration_from_the_start() -> None:
    assert read(deadline="2027-03-02T09:00:00+01:00").ends(NOW) == datetime(2027, 3, 2, 8, tzinfo=UTC)
    later = read(deadline="P2D", sendAt="2027-04-01T00:00:00Z")
    assert later.ends(datetime(2027, 4, 1, tzinfo=UTC)) == datetime(2027, 4, 3, tzinfo=UTC)


def test_what_is_kept_reads_back_as_it_was() -> None:
    for changes in ({"deadline": "P7DT3H"}, {"deadline": "2027-03-02T09:00:00Z"}, {"closeWhen": {"count": 1}}):
        parameters = read(**changes)
        kept = parameters.model_dump(mode="json", exclude_defaults=True)
        assert SendSurveyParameters.model_validate(kept) == parameters


def test_an_address_that_stands_twice_is_one_voter() -> None:
    parameters = read(to=["Kim <kim@fabrikam.example>", "KIM@fabrikam.example", "lee@fabrikam.example"])
    assert [one.address for one in parameters.recipients] == ["kim@fabrikam.example", "lee@fabrikam.example"]
