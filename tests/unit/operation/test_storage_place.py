"""Where storage is, in every way that a setting of Azure Functions may tell it."""

import pytest

from shared.storage.place import Place

SERVICES = ("blob", "queue", "table")


@pytest.mark.parametrize(
    ("place", "addresses", "key"),
    [
        (
            Place(account_name="contoso"),
            [f"https://contoso.{service}.core.windows.net" for service in SERVICES],
            None,
        ),
        (
            Place(blob_uri="https://b.example/", queue_uri="https://q.example", table_uri="https://t.example/"),
            ["https://b.example", "https://q.example", "https://t.example"],
            None,
        ),
        (
            Place(connection_string="AccountName=contoso;AccountKey=a2V5==;EndpointSuffix=core.chinacloudapi.cn"),
            [f"https://contoso.{service}.core.chinacloudapi.cn" for service in SERVICES],
            "a2V5==",
        ),
        (
            Place(connection_string="defaultendpointsprotocol=http;accountname=contoso;accountkey=a2V5;"),
            [f"http://contoso.{service}.core.windows.net" for service in SERVICES],
            "a2V5",
        ),
    ],
    ids=["its name", "its addresses", "a connection string", "names in lower case"],
)
def test_addresses_and_key_are_found(place: Place, addresses: list[str], key: str | None) -> None:
    assert [place.address(service) for service in SERVICES] == addresses
    assert place.key == key


def test_development_storage_is_the_emulator_on_its_usual_ports() -> None:
    place = Place(connection_string="UseDevelopmentStorage=true")
    ends = [f"http://127.0.0.1:{port}/devstoreaccount1" for port in (10000, 10001, 10002)]
    assert [place.address(service) for service in SERVICES] == ends
    assert (place.name, bool(place.key)) == ("devstoreaccount1", True)


def test_a_shared_access_signature_stands_in_for_the_key() -> None:
    place = Place(connection_string="TableEndpoint=https://t.example/;SharedAccessSignature=sv=2019-02-02&sig=a%3D")
    assert (place.key, place.shared_access) == (None, "sv=2019-02-02&sig=a%3D")


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (Place(connection_string="AccountName=contoso;AccountKey=a2V5"), "contoso"),
        (Place(account_name="contoso"), "https://contoso.table.core.windows.net"),
        (Place(table_uri="https://t.example/"), "https://t.example/"),
    ],
    ids=["connection string", "account", "addresses"],
)
def test_an_account_keeps_the_name_by_which_installations_know_theirs(place: Place, name: str) -> None:
    """Secrets in a shared vault are marked with what is made of it: another spelling would disown them."""
    assert place.name == name
