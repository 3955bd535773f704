"""What Entra ID says in place of a token, also in words and numbers that are in no table of ours."""

import pytest

from shared.errors import AccessLost, NotNow
from shared.exchange.sign_in.verdicts import refused_by


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("invalid_grant", "password_refused"),
        ("interaction_required", "mfa_required"),
        ("consent_required", "consent_missing"),
        ("invalid_resource", "consent_missing"),
        ("invalid_client", "secret_refused"),
        ("unauthorized_client", "secret_refused"),
        ("something_new", "password_refused"),
    ],
)
def test_an_unknown_number_is_judged_by_the_error_and_shown(error: str, code: str) -> None:
    lost = refused_by({"error": error, "error_codes": [424242], "error_description": "anna@contoso.example did it"})
    assert isinstance(lost, AccessLost)
    assert lost.code == code
    assert "AADSTS424242" in lost.message
    assert "anna" not in lost.message


def test_a_known_number_wins_over_the_error() -> None:
    assert refused_by({"error": "invalid_grant", "error_codes": [50076]}).code == "mfa_required"


def test_an_answer_without_a_number_is_judged_too() -> None:
    assert refused_by({"error": "invalid_grant"}).code == "password_refused"
    assert isinstance(refused_by({"error": "temporarily_unavailable"}), NotNow)
    assert isinstance(refused_by({}), AccessLost)
