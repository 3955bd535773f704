"""Tokens: random, of one ballot only, known by their hash alone."""

import pytest

from shared.domain.mail import Address
from shared.domain.survey import Ballot
from shared.domain.survey_token import Token, read_token


def ballot(*tokens: Token) -> Ballot:
    hashes = {str(number): token.hashed for number, token in enumerate(tokens)}
    return Ballot(number=3, recipient=Address(address="kim@fabrikam.example"), tokens=hashes)


def test_a_token_finds_its_ballot_and_opens_it() -> None:
    token = Token.fresh("contoso", "lunch.2027", 3)
    assert read_token(token.text) == token
    assert token.opens(ballot(Token.fresh("contoso", "lunch.2027", 3), token))
    assert token.secret not in str(ballot(token))


def test_no_two_tokens_are_alike() -> None:
    assert len({Token.fresh("contoso", "lunch", 3).secret for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    "foreign",
    [("fabrikam", "lunch", 3), ("contoso", "dinner", 3), ("contoso", "lunch", 4)],
    ids=["organization", "survey", "recipient"],
)
def test_a_secret_is_worth_nothing_on_another_ballot(foreign: tuple[str, str, int]) -> None:
    token = Token.fresh("contoso", "lunch", 3)
    assert not Token(*foreign, token.secret).opens(ballot(token))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "a.b",
        "x" * 5000,
        "../../secrets",
        "MQ." + "A" * 43,
        Token("contoso", "lunch", 3, "A" * 42).text,
        Token("contoso", "lunch", 3, "A" * 44).text,
        Token("contoso", "lunch", 3, "Ä" * 43).text,
        Token("Contoso|x", "lunch", 3, "A" * 43).text,
        Token("contoso", "lunch/..", 3, "A" * 43).text,
        Token("contoso", "lunch", 12345, "A" * 43).text,
        "=" * 10 + "." + "A" * 43,
        "\x00." + "A" * 43,
    ],
)
def test_what_is_no_token_is_read_by_nobody(text: str) -> None:
    assert read_token(text) is None


def test_a_form_is_good_for_one_state_of_one_ballot() -> None:
    token, other = Token.fresh("contoso", "lunch", 3), Token.fresh("contoso", "lunch", 3)
    assert token.made_form(token.form(2), 2)
    assert not token.made_form(token.form(1), 2)
    assert not token.made_form(other.form(2), 2)
    assert not token.made_form("", 2)
