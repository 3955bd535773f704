"""Who may what, written from the contract and not from the code: a row for each route and thing, a column for each caller.

A status in a column is what that caller is answered. Whoever is outside gets 404 for everything inside, nobody 401:
the walk adds these columns to each row.
"""

from dataclasses import dataclass
from typing import Any

from shared.domain.action import ActionName
from tests.integration.http.calling import ADMIN, ANNA, BOB, ENGINE, EVE, Person

CAROL = Person("carol@contoso.example", "00000000-0000-0000-0000-000000000006")
CLARA = Person("clara@contoso.example", "00000000-0000-0000-0000-000000000008")
DORA = Person("dora@fabrikam.example", "00000000-0000-0000-0000-000000000007")
OLGA = Person("olga@fabrikam.example", "00000000-0000-0000-0000-000000000009")
INSIDE: dict[str, Person] = {
    "platform administrator": ADMIN,
    "engine": ENGINE,
    "administrator": ANNA,
    "member": BOB,
    "authorized member": CAROL,
    "creator": CLARA,  # of the closed connection; she is a plain member by now
}
OUTSIDE: dict[str, Person | None] = {
    "authorized outsider": OLGA,  # on the closed connection's list, but of no organization here
    "other organization": DORA,  # its administrator
    "stranger": EVE,
    "nobody": None,
}
CALLERS: dict[str, Person | None] = {**INSIDE, **OUTSIDE}


@dataclass(frozen=True)
class Row:
    """``thing`` is the variant that stands in the path or in the body: see ``things`` in conftest of the walk."""

    method: str
    route: str
    thing: str
    columns: tuple[int, ...]

    def status(self, caller: str) -> int:
        if caller in INSIDE:
            return self.columns[list(INSIDE).index(caller)]
        return 401 if caller == "nobody" else 404

    def __str__(self) -> str:
        return f"{self.method} {self.route.removeprefix(ORG)} {self.thing}".strip()


ORG = "organizations/{organization}"
CONNECTIONS, CONNECTION = f"{ORG}/connections", f"{ORG}/connections/{{connection}}"
ACTIONS, ACTION = f"{ORG}/actions", f"{ORG}/actions/{{action}}"
WATCHES, WATCH = f"{ORG}/watches", f"{ORG}/watches/{{watch}}"
SURVEYS, SURVEY = f"{ORG}/surveys", f"{ORG}/surveys/{{survey}}"
APPOINTMENTS, APPOINTMENT = f"{ORG}/appointments", f"{ORG}/appointments/{{appointment}}"

# The open connection is Anna's and for everybody inside; the closed one was made by Clara and is for Carol and Olga.
# Actions and watches name Anna on the open and Carol on the closed connection where platform or engine ask.
_TABLE = f"""
# method route                              thing    platform engine administrator member authorized creator
GET    {ORG}                                -        200 200 200 200 200 200
PUT    {ORG}                                -        200 403 403 403 403 403
PATCH  {ORG}                                -        200 403 200 403 403 403
PATCH  {ORG}                                people   200 403 403 403 403 403
PATCH  {ORG}                                robots   200 403 403 403 403 403
DELETE {ORG}                                -        204 403 403 403 403 403
GET    {ORG}/status                         -        200 403 200 403 403 403
GET    {CONNECTIONS}                        -        200 200 200 200 200 200
POST   {CONNECTIONS}                        -        201 403 201 403 403 403
POST   {CONNECTIONS}                        identity 201 403 403 403 403 403
GET    {CONNECTION}                         open     200 200 200 200 200 200
GET    {CONNECTION}                         closed   200 200 200 404 200 200
PATCH  {CONNECTION}                         open     200 403 200 403 403 403
PATCH  {CONNECTION}                         closed   200 403 200 403 403 403
DELETE {CONNECTION}                         closed   204 403 204 403 403 403
POST   {CONNECTION}/test                    open     200 403 200 403 403 403
POST   {CONNECTION}/test                    closed   200 403 200 403 403 403
GET    {ACTIONS}                            -        200 200 200 200 200 200
POST   {ACTIONS}                            open     202 202 202 202 202 202
POST   {ACTIONS}                            closed   202 202 403 404 202 202
POST   {ACTIONS}                            carol    202 202 403 403 202 403
POST   {ACTIONS}                            eve      403 403 403 403 403 403
GET    {ACTION}                             annas    200 200 200 404 404 404
GET    {ACTION}                             carols   200 200 200 404 200 404
POST   {ACTION}/retry                       failed   202 202 202 403 403 403
POST   {ACTIONS}/retry                      -        202 202 202 403 403 403
POST   {ACTION}/cancel                      annas    200 200 200 403 403 403
POST   {ACTION}/cancel                      carols   200 200 200 403 403 403
GET    {WATCHES}                            -        200 200 200 403 403 403
POST   {WATCHES}                            open     201 201 201 403 403 403
POST   {WATCHES}                            closed   201 201 403 403 403 403
POST   {WATCHES}                            carol    201 201 403 403 403 403
GET    {WATCH}                              -        200 200 200 403 403 403
PATCH  {WATCH}                              -        200 200 200 403 403 403
DELETE {WATCH}                              -        204 204 204 403 403 403
POST   {WATCHES}/preview                    open     200 200 200 403 403 403
POST   {WATCHES}/preview                    closed   200 200 403 403 403 403
GET    {WATCH}/journal                      -        200 200 200 403 403 403
POST   {WATCH}/journal/{{entry}}/replay     -        202 202 202 403 403 403
GET    {ORG}/incoming/{{*path}}             -        200 200 200 403 403 403
GET    {SURVEYS}                            -        200 200 200 403 403 403
GET    {SURVEY}                             -        404 404 404 403 403 403
POST   {SURVEY}/close                       -        404 403 404 403 403 403
GET    {APPOINTMENTS}                       -        200 200 200 403 403 403
GET    {APPOINTMENT}                        -        404 404 404 403 403 403
"""


def _rows() -> list[Row]:
    lines = (line.split() for line in _TABLE.strip().splitlines() if not line.startswith("#"))
    return [Row(method, route, thing.strip("-"), tuple(map(int, columns))) for method, route, thing, *columns in lines]


ROWS = _rows()

FOR_EVERYBODY = {"health": 200, "vote/{token}": 404, "web/{name}": 200}
"""No sign-in; everybody is answered alike. The voting page asks for its token, and the walk has none."""
FOR_WHOM_IS_SIGNED_IN = {"openapi.json", "schemas/{name}", "organizations"}
PAGES_WITH_A_WALK_OF_THEIR_OWN = "manage"

_START = {"subject": "Stand-up", "start": "2027-03-01T09:00", "end": "2027-03-01T10:00", "timeZone": "Europe/Vienna"}
PARAMETERS: dict[ActionName, dict[str, Any]] = {
    ActionName.SEND_EMAIL: {"to": ["kim@fabrikam.example"], "subject": "Your order"},
    ActionName.SEND_SURVEY: {"to": ["kim@fabrikam.example"], "subject": "Lunch?", "options": ["Yes", "No"]},
    ActionName.SEND_APPOINTMENT: {**_START, "required": ["kim@fabrikam.example"]},
    ActionName.UPDATE_APPOINTMENT: {"appointmentId": "stand-up", "subject": "Later"},
    ActionName.CANCEL_APPOINTMENT: {"appointmentId": "stand-up"},
}
"""Of each action, so that it is the permission that decides."""
