"""The address at which an administrator of a tenant lets an application in: https://learn.microsoft.com/entra/identity-platform/v2-admin-consent."""

import re
from urllib.parse import quote

from shared.domain.server_address import host_of

_CLIENT = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_TENANT = re.compile(rf"{_CLIENT.pattern}|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
# https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
_SIGN_IN = {
    ".us": "https://login.microsoftonline.us",
    ".mil": "https://login.microsoftonline.us",
    ".cn": "https://login.partner.microsoftonline.cn",
}
_WORLDWIDE = "https://login.microsoftonline.com"


def consent_link(url: str, tenant: str, client: str) -> str | None:
    """None until both are typed in a form that Entra ID knows."""
    if not _TENANT.fullmatch(tenant) or not _CLIENT.fullmatch(client):
        return None
    return f"{_authority(url)}/{quote(tenant)}/adminconsent?client_id={quote(client)}"


def _authority(url: str) -> str:
    try:
        host = host_of(url) if url else ""
    except ValueError:
        host = ""
    return next((authority for end, authority in _SIGN_IN.items() if host.endswith(end)), _WORLDWIDE)
