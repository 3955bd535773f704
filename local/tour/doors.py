"""The kinds of connection that the tour is played over: the same steps with each, and the same comes of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

ANNA = "anna@contoso.example"
Form = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Door:
    """``form``: what Anna enters in the connection form beside the name, from the endpoints."""

    title: str
    form: Form


def _classic(endpoints: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "classic",
        "url": endpoints["ews"],
        "username": ANNA,
        "password": endpoints["mailboxes"][ANNA],
    }


def _exchange_online(endpoints: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "exchangeOnline",
        "clientId": endpoints["entraClientId"],
        "tenantId": endpoints["entraTenantId"],
        "username": ANNA,
        "password": endpoints["mailboxes"][ANNA],
    }


DOORS = (
    Door("a Classic connection (EWS)", _classic),
    Door("an Exchange Online connection (Microsoft Graph)", _exchange_online),
)
