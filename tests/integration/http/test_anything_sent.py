"""Whatever is sent to a documented route is answered as documented: never by a 5xx, never by a status, a type or a shape
that the description does not know. Schemathesis makes the requests from the description; the records are in a real table.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi import checks as conformance

from shared.bootstrap import Connector
from shared.triggers.http.openapi import document
from tests.integration.http.calling import ADMIN, ANNA, BOB, ENGINE, Api, Person
from tests.integration.http.conftest import CONTOSO, furnish
from tests.integration.http.permission_things import Things, things

load_all_checks()
CHECKS = [
    schemathesis.checks.not_a_server_error,
    conformance.status_code_conformance,
    conformance.content_type_conformance,
    conformance.response_headers_conformance,
    conformance.response_schema_conformance,
]
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "15"))
SCHEMA = schemathesis.openapi.from_dict(document())
OPERATIONS = {operation.label: operation for result in SCHEMA.get_all_operations() for operation in [result.ok()]}
WHO = {"platform": ADMIN, "engine": ENGINE, "administrator": ANNA, "member": BOB}


@pytest.fixture
def there(fresh_connector: Connector, api: Api) -> Iterator[Things]:
    """What can be asked for, in a table of Azurite; ``contoso`` is given back its people when a request took them."""
    world = furnish(fresh_connector, api)
    assert world.api.put("organizations/contoso", CONTOSO, who=ADMIN).status in {200, 201}
    found = things(world)
    yield found
    world.api.delete("organizations/contoso", who=ADMIN)
    world.api.delete("organizations/fabrikam", who=ADMIN)


def _real(found: Things, case: Any, names: set[str]) -> None:
    """Some of what was made up in the path is replaced by what is there."""
    values = {
        "organization": "contoso",
        "connection": found.connections["open"],
        "action": "annas",
        "watch": found.watch,
        "entry": found.entry,
        "path": "mail-1/attachment-1",
        "name": "ActionMessage",
    }
    for name in names & values.keys() & (case.path_parameters or {}).keys():
        case.path_parameters[name] = values[name]


def _sent(api: Api, case: Any, who: Person) -> schemathesis.Response:
    """As a client would send it, and as the frame gets it from the host."""
    request = requests.Request(**case.as_transport_kwargs(base_url="http://localhost")).prepare()
    body = request.body.encode() if isinstance(request.body, str) else bytes(request.body or b"")
    path = (request.path_url or "").removeprefix("/api/")
    answer = api.call(request.method or "", path, body, who=who, headers=dict(request.headers))
    headers = {name: [value] for name, value in answer.headers.items()}
    return schemathesis.Response(answer.status, headers, answer.content, request, elapsed=0, verify=True)


@pytest.mark.parametrize("label", OPERATIONS)
def test_whatever_is_sent_is_answered_as_documented(there: Things, label: str) -> None:
    operation = OPERATIONS[label]
    names = [parameter.name for parameter in operation.path_parameters]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(),
        who=st.sampled_from(list(WHO.values())),
        real=st.one_of(st.just(set(names)), st.sets(st.sampled_from(names)) if names else st.just(set())),
    )
    def ask(case: Any, who: Person, real: set[str]) -> None:
        _real(there, case, real)
        case.validate_response(_sent(there.world.api, case, who), checks=CHECKS)

    ask()
