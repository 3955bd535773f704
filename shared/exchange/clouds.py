"""Which Graph, which Exchange and which sign-in belong to a connection: Microsoft's clouds, told apart by the host of its URL."""

from dataclasses import dataclass

from shared.domain.server_address import host_of


@dataclass(frozen=True, slots=True)
class Cloud:
    """``graph`` and ``exchange`` are also the audiences of tokens; ``authority`` is without tenant."""

    graph: str
    exchange: str
    authority: str


# https://learn.microsoft.com/graph/deployments and https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
_WORLDWIDE = Cloud("https://graph.microsoft.com", "https://outlook.office365.com", "https://login.microsoftonline.com")
_US_GOVERNMENT = Cloud("https://graph.microsoft.us", "https://outlook.office365.us", "https://login.microsoftonline.us")
_US_DEFENSE = Cloud(
    "https://dod-graph.microsoft.us", "https://outlook-dod.office365.us", "https://login.microsoftonline.us"
)
_CHINA = Cloud(
    "https://microsoftgraph.chinacloudapi.cn", "https://partner.outlook.cn", "https://login.partner.microsoftonline.cn"
)


def cloud_of(url: str) -> Cloud:
    """Worldwide where nothing else is known."""
    host = host_of(url)
    if host.endswith((".apps.mil", "-dod.office365.us")):
        return _US_DEFENSE
    if host.endswith((".office365.us", ".office.us")):
        return _US_GOVERNMENT
    if host.endswith((".outlook.cn", ".chinacloudapi.cn")):
        return _CHINA
    return _WORLDWIDE
