"""The host of a connection's URL tells the cloud, and with it where tokens come from and go to."""

import pytest

from shared.exchange.clouds import cloud_of


@pytest.mark.parametrize(
    ("host", "graph", "exchange", "authority"),
    [
        ("outlook.office365.com", "graph.microsoft.com", "outlook.office365.com", "login.microsoftonline.com"),
        ("outlook.office.com", "graph.microsoft.com", "outlook.office365.com", "login.microsoftonline.com"),
        ("outlook.office365.us", "graph.microsoft.us", "outlook.office365.us", "login.microsoftonline.us"),
        ("outlook-dod.office365.us", "dod-graph.microsoft.us", "outlook-dod.office365.us", "login.microsoftonline.us"),
        ("webmail.apps.mil", "dod-graph.microsoft.us", "outlook-dod.office365.us", "login.microsoftonline.us"),
        (
            "partner.outlook.cn",
            "microsoftgraph.chinacloudapi.cn",
            "partner.outlook.cn",
            "login.partner.microsoftonline.cn",
        ),
    ],
)
def test_the_host_tells_the_cloud(host: str, graph: str, exchange: str, authority: str) -> None:
    cloud = cloud_of(f"https://{host}/EWS/Exchange.asmx")
    assert cloud.graph == f"https://{graph}"
    assert cloud.exchange == f"https://{exchange}"
    assert cloud.authority == f"https://{authority}"
