"""Every address of an attacker at every door that takes one: when it is saved, when it is used, whatever the resolver says."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.errors import ConnectorError, NotFound, Rejected
from shared.network.session import Network
from shared.triggers.http.principal import caller_of
from tests.integration.http.calling import ADMIN, ANNA, ENGINE
from tests.integration.http.conftest import CLASSIC, World
from tests.security.attacks import ANSWERS, CLIMBING, FOREIGN_HOSTS, URLS

CONNECTIONS, WATCHES = "organizations/contoso/connections", "organizations/contoso/watches"
ONLINE = {
    "displayName": "Sales",
    "type": "exchangeOnline",
    "username": "sales@contoso.example",
    "password": "Green-7",
    "clientId": "bbbbbbbb-0000-4000-8000-000000000002",
    "tenantId": "aaaaaaaa-0000-4000-8000-000000000001",
}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_table_is_as_large_as_promised() -> None:
    assert len(set(URLS)) == len(URLS) >= 40


def test_no_connection_takes_one(world: World) -> None:
    """At creation and by a change, with the secret given and without; nothing of it is kept."""
    there, before = world.connect()["id"], set(world.vault.names)
    for url in URLS:
        made = world.api.post(CONNECTIONS, CLASSIC | {"url": url})
        assert (made.status, made.fields) == (400, {"url"}), (url, made.text)
        for more in ({}, {"password": "Blue-43"}):
            changed = world.api.patch(f"{CONNECTIONS}/{there}", {"url": url, **more})
            assert (changed.status, "url" in changed.fields) == (400, True), (url, changed.text)
    assert world.vault.names == before


@pytest.mark.parametrize("who", [ADMIN, ANNA, ENGINE], ids=lambda who: who.name)
def test_no_webhook_takes_one(world: World, who: Any) -> None:
    form = {"connectionId": world.connect()["id"], "displayName": "Orders", "processId": "order"}
    form |= {"requestedBy": "anna@contoso.example"}
    taken = world.api.post(WATCHES, form | {"deliver": _webhook("https://hooks.contoso.example/")}, who=who)
    assert taken.status == 201, taken.text
    before = set(world.vault.names)
    for url in URLS:
        for answer in (
            world.api.post(WATCHES, form | {"deliver": _webhook(url)}, who=who),
            world.api.post(f"{WATCHES}/preview", form | {"deliver": _webhook(url)}, who=who),
            world.api.patch(f"{WATCHES}/{taken.json['id']}", {"deliver": {"url": url, "secret": SECRET}}, who=who),
        ):
            assert (answer.status, answer.fields) == (400, {"deliver.url"}), (url, answer.text)
    assert world.vault.names == before


def test_a_token_for_exchange_online_goes_to_microsofts_hosts_only(world: World) -> None:
    there = world.api.post(CONNECTIONS, ONLINE).json["id"]
    for url in (*URLS, *FOREIGN_HOSTS):
        made = world.api.post(CONNECTIONS, ONLINE | {"url": url})
        assert (made.status, made.fields) == (400, {"url"}), (url, made.text)
        changed = world.api.patch(f"{CONNECTIONS}/{there}", {"url": url, "password": "Green-8"})
        assert (changed.status, changed.fields) == (400, {"url"}), (url, changed.text)


@pytest.mark.parametrize("url", URLS)
def test_what_an_older_record_holds_leads_nowhere_but_to_the_host_that_it_seems_to_name(url: str) -> None:
    """The rules may be younger than the record, and a client library may mend a URL before it is used."""
    asked: set[tuple[str, int]] = set()

    def nowhere(host: str, port: int) -> list[str]:
        asked.add((host, port))
        return []

    network = Network((), None, nowhere)
    with network.session() as session, pytest.raises(Exception):  # noqa: B017, PT011  (some are requests' own refusals)
        session.post(url, data=b"secret")
    assert asked <= {("mail.contoso.example", 443)}
    with pytest.raises(ConnectorError) as gate:
        network.gate.check_url(url)
    assert gate.value.code == "address_refused"


@pytest.mark.parametrize("answer", ANSWERS, ids=str)
def test_a_resolver_that_lies_is_not_believed(answer: list[str]) -> None:
    for host in ("mail.contoso.example", "hooks.contoso.example"):
        with Network((), None, _says(answer)).session() as session, pytest.raises(Rejected) as refused:
            session.get(f"https://{host}/")
        assert refused.value.code == "address_refused"


def _says(answer: list[str]) -> Callable[[str, int], list[str]]:
    return lambda *_: answer


def test_names_of_blobs_do_not_climb(world: World) -> None:
    """Into the parameters, into attachments and out of what came in."""
    connection = world.connect()["id"]
    for path in ("outgoing/fabrikam/x", "incoming/fabrikam/x", "state/fabrikam/x"):
        world.connector.blobs.put(path, b'{"to": ["kim@fabrikam.example"], "subject": "foreign"}')
    order = {"id": "a-1", "connectionId": connection, "action": "sendEmail"}
    mail = {"to": ["kim@fabrikam.example"], "subject": "x"}
    for name in (*CLIMBING, "../../incoming/fabrikam/x"):
        whole = world.api.post("organizations/contoso/actions", order | {"parametersBlob": f"outgoing/contoso/{name}"})
        assert (whole.status, whole.fields) == (400, {"parametersBlob"}), (name, whole.text)
        attached = {"name": "x", "contentType": "text/plain", "blob": f"outgoing/contoso/{name}"}
        part = world.api.post(
            "organizations/contoso/actions", order | {"parameters": mail | {"attachments": [attached]}}
        )
        assert (part.status, part.fields) == (400, {"parameters.attachments[0].blob"}), (name, part.text)
    for container in ("incoming/contoso/x", "state/contoso/x", "outgoing/fabrikam/x", "OUTGOING/contoso/x", "x"):
        assert world.api.post("organizations/contoso/actions", order | {"parametersBlob": container}).status == 400
    admin = caller_of({"X-MS-CLIENT-PRINCIPAL": ADMIN.header()}, world.connector.settings)
    for name in CLIMBING:
        with pytest.raises(NotFound):
            world.connector.read_incoming(admin, "contoso", name)
    assert list(world.connector.actions.everywhere()) == []


def _webhook(url: str) -> dict[str, str]:
    return {"type": "webhook", "url": url, "secret": SECRET}
