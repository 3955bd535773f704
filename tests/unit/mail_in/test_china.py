"""Microsoft's cloud in China has no message delta: nobody can follow a mailbox there by Graph."""

import pytest

from shared.domain.connection import Api, ConnectionType
from shared.errors import Rejected
from tests.unit.mail_in.office import Office

CHINA = {"type": ConnectionType.EXCHANGE_ONLINE, "url": "https://partner.outlook.cn/EWS/Exchange.asmx"}


@pytest.fixture
def office() -> Office:
    return Office()


def connect(office: Office, **changes: object) -> None:
    stored = office.connections.get("contoso", office.connection_id)
    assert stored
    office.connections.replace(stored, stored.value.model_copy(update=changes))


def test_a_watch_by_graph_is_refused(office: Office) -> None:
    connect(office, **CHINA, api=Api.GRAPH)
    with pytest.raises(Rejected) as refused:
        office.watch()
    assert (refused.value.code, refused.value.field) == ("not_supported", "connectionId")
    assert "api: ews" in refused.value.message


def test_a_watch_by_ews_works_until_somebody_switches_to_graph_and_again_after_that(office: Office) -> None:
    connect(office, **CHINA, api=Api.EWS)
    watch = office.watch()
    office.tick()
    connect(office, api=Api.GRAPH)
    before = office.exchange.calls["changes"]
    office.tick(3)
    suspension = office.current(watch).suspension
    assert suspension
    assert suspension.code == "not_supported"
    assert office.exchange.calls["changes"] == before  # nobody is asked what he cannot answer
    office.anna.deliver("Order 1")
    connect(office, api=Api.EWS)
    office.tick(30)
    assert office.current(watch).suspension is None
    assert office.started() == ["Order 1"]
