"""The organization `contoso`, made over HTTP by the administrator as in real life."""

import time

import requests

from local.host.sign_in import PASSWORD
from local.launcher.people import ADMIN, ANNA, BOB, ORGANIZATION

_PATIENCE_SECONDS = 30.0
_TRY_LATER = {404, 429, 500, 502, 503}


class NotMade(Exception):
    """The functions refused, or did not answer in time; the message says what they said."""


def make_organization(base_url: str) -> None:
    """One that is there already stays as it is. Raises NotMade."""
    url = f"{base_url}/api/organizations/{ORGANIZATION}"
    wanted = {
        "displayName": "Contoso",
        "exchangeEnabled": True,
        "administrators": [ANNA],
        "members": [BOB],
        "managedIdentityMailboxes": ["orders@contoso.example"],
    }
    with requests.Session() as session:
        session.trust_env = False
        session.auth = (ADMIN, PASSWORD)
        if _status(session, "GET", url)[0] == requests.codes.ok:
            return
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            status, said = _status(session, "PUT", url, wanted)
            if status in {requests.codes.ok, requests.codes.created}:
                return
            if status not in _TRY_LATER or time.monotonic() > deadline:
                raise NotMade(f"PUT {url} answered {status}: {said[:500]}")
            time.sleep(0.3)


def _status(session: requests.Session, method: str, url: str, body: dict[str, object] | None = None) -> tuple[int, str]:
    try:
        answer = session.request(method, url, json=body, timeout=30)
    except requests.ConnectionError as error:
        return 503, str(error)
    return answer.status_code, answer.text
