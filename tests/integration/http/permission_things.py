"""One thing of each kind in ``contoso``, and the request that a row of the table stands for."""

import re
from dataclasses import dataclass
from typing import Any

from shared.domain.action import ActionName, ActionState, Told
from shared.domain.mail_work import Check
from shared.ports.queues import Queue
from tests.integration.http.calling import ADMIN, ANNA, Answer, Person
from tests.integration.http.conftest import CLASSIC, CONTOSO, World
from tests.integration.http.permission_table import CALLERS, CAROL, CLARA, CONNECTION, DORA, OLGA, ORG, PARAMETERS, Row

_MEMBERS = ["bob@contoso.example", "CAROL@contoso.example", "clara@contoso.example"]
_ROBOT = {
    "displayName": "Robot",
    "type": "exchangeOnline",
    "authentication": "managedIdentity",
    "clientId": "bbbbbbbb-0000-4000-8000-000000000002",
    "tenantId": "aaaaaaaa-0000-4000-8000-000000000001",
    "mailbox": "robot@contoso.example",
}
_NAMED_BY_PROGRAMS = {"open": "anna@contoso.example", "closed": "carol@contoso.example", "": "anna@contoso.example"}


@dataclass(frozen=True)
class Things:
    world: World
    connections: dict[str, str]
    watch: str
    entry: str

    def ask(self, row: Row, caller: str, action: ActionName = ActionName.SEND_EMAIL) -> Answer:
        who = CALLERS[caller]
        return self.world.api.call(row.method, self._path(row), self._body(row, caller, action), who=who)

    def _path(self, row: Row) -> str:
        values = {
            "organization": "contoso",
            "connection": self.connections.get(row.thing, ""),
            "action": row.thing,
            "watch": self.watch,
            "entry": self.entry,
            "survey": "unknown",
            "appointment": "unknown",
            "*path": "mail-1/attachment-1",
        }
        # A row may ask after others have given the connection a use.
        force = "?force=true" if (row.method, row.route) == ("DELETE", CONNECTION) else ""
        return re.sub(r"\{(\*?\w+)\}", lambda found: values[found[1]], row.route) + force

    def _body(self, row: Row, caller: str, action: ActionName) -> Any:
        if row.method in {"GET", "DELETE"}:
            return None
        if row.route.endswith(("/watches", "/watches/preview")):
            watch = {"connectionId": self._connection(row), "displayName": "More", "processId": "invoice"}
            return watch | self.in_whose_name(row, caller)
        if row.route.endswith("/actions"):
            return self.order(f"order-{row.thing}", self._connection(row), action) | self.in_whose_name(row, caller)
        bodies = {
            ("PUT", ""): CONTOSO,
            ("PATCH", "people"): {"administrators": ["bob@contoso.example"]},
            ("PATCH", "robots"): {"managedIdentityMailboxes": ["ceo@contoso.example"]},
            ("POST", "identity"): _ROBOT,
        }
        form: dict[str, Any] = CLASSIC if row.route.endswith("/connections") else {}
        return bodies.get((row.method, row.thing), form if row.method == "POST" else {"displayName": "Renamed"})

    def _connection(self, row: Row) -> str:
        return self.connections.get(row.thing, self.connections["open"])

    @staticmethod
    def in_whose_name(row: Row, caller: str) -> dict[str, str]:
        """People ask in their own name; a thing that is called after a person is asked for in hers by everybody."""
        if row.thing in {"carol", "eve"}:
            return {"requestedBy": "carol@contoso.example" if row.thing == "carol" else "eve@fabrikam.example"}
        programs = caller in {"platform administrator", "engine"}
        return {"requestedBy": _NAMED_BY_PROGRAMS[row.thing]} if programs else {}

    @staticmethod
    def order(identifier: str, connection: str, action: ActionName = ActionName.SEND_EMAIL) -> dict[str, Any]:
        return {"id": identifier, "connectionId": connection, "action": action, "parameters": PARAMETERS[action]}


def things(world: World) -> Things:
    robots = {"managedIdentityMailboxes": ["robot@contoso.example"]}
    people = CONTOSO | robots | {"members": _MEMBERS}
    with_clara = people | {"administrators": [*CONTOSO["administrators"], CLARA.object_id]}
    assert world.api.put("organizations/contoso", with_clara, who=ADMIN).status == 200
    fabrikam = {"displayName": "Fabrikam", "exchangeEnabled": True, "administrators": [DORA.object_id.upper()]}
    assert world.api.put("organizations/fabrikam", fabrikam, who=ADMIN).status == 201
    closed = CLASSIC | {"displayName": "Closed", "authorizedPersons": [CAROL.name.upper(), OLGA.object_id]}
    connections = {
        "open": _made(world, f"{ORG}/connections", CLASSIC, ANNA)["id"],
        "closed": _made(world, f"{ORG}/connections", closed, CLARA)["id"],
    }
    assert world.api.put("organizations/contoso", people, who=ADMIN).status == 200
    for name, connection, who in (("annas", "open", ANNA), ("carols", "closed", CAROL), ("failed", "open", ANNA)):
        _made(world, f"{ORG}/actions", Things.order(name, connections[connection]), who)
    _fail(world, "failed")
    watch = {"connectionId": connections["open"], "displayName": "Invoices", "processId": "invoice"}
    watch_id = _made(world, f"{ORG}/watches", watch | {"filter": {"subjectContains": ["invoice"]}}, ANNA)["id"]
    world.connector.blobs.put("incoming/contoso/mail-1/attachment-1", b"%PDF")
    return Things(world, connections, watch_id, _filtered(world, watch_id))


def _made(world: World, route: str, body: dict[str, Any], who: Person) -> dict[str, Any]:
    answer = world.api.post(route.replace("{organization}", "contoso"), body, who=who)
    assert answer.status in {201, 202}, answer.text
    created: dict[str, Any] = answer.json
    return created


def _fail(world: World, action: str) -> None:
    actions = world.connector.actions
    stored = actions.get("contoso", action)
    assert stored
    told = Told(code="unreachable", message="The server did not answer for a day.")
    actions.replace(stored, stored.value.ended(ActionState.FAILED, world.clock.now(), error=told))


def _filtered(world: World, watch: str) -> str:
    """A mail that the watch has seen and did not want: its line can be replayed."""
    for subject in (None, "Lunch"):
        if subject:
            world.exchange.mailboxes["orders@contoso.example"].deliver(subject)
        world.connector.find_due_checks()
        for message in world.connector.queues.take(Queue.CHECKS):  # type: ignore[attr-defined]
            world.connector.check_mailbox(Check.model_validate(message))
        world.clock.advance(60)
    (line,) = world.api.get(f"organizations/contoso/watches/{watch}/journal").json["items"]
    return str(line["entry"])
