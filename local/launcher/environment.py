"""The environment of the functions on one machine: every setting, the developer's own before ours."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.launcher.options import WrongOption
from local.launcher.people import Identities

_EVERY_FIVE_SECONDS = "*/5 * * * * *"
_MICROSOFT = "outlook.office365.com"
_LOOPBACK = "localhost,127.0.0.1"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """``standins`` is what they said of themselves when they were ready."""

    storage: str
    base_url: str
    standins: Mapping[str, Any]
    identities: Identities
    identity_header: str
    bundle: Path
    sign_in: Path


def functions_environment(given: Mapping[str, str], around: Surroundings) -> dict[str, str]:
    ours = {name: value for name, value in _defaults(given, around).items() if not given.get(name)}
    return {**given, **ours, **_always(given, around)}


def _defaults(given: Mapping[str, str], around: Surroundings) -> dict[str, str]:
    """What a developer may set otherwise."""
    standins = around.standins
    settings = {
        "AzureWebJobsStorage": around.storage,
        "KEY_VAULT_URL": standins["keyVault"],
        "KEY_VAULT_VERIFY_RESOURCE": "false",
        "INSTALLATION_ID": "local",
        "PUBLIC_BASE_URL": around.base_url,
        "TRUST_CLIENT_PRINCIPAL": "AppServiceAuthentication",
        "TRUSTED_TENANTS": around.identities.tenant_id,
        "MAILBOX_CHECK_SCHEDULE": _EVERY_FIVE_SECONDS,
        "SWEEP_SCHEDULE": _EVERY_FIVE_SECONDS,
        "EXCHANGE_ALLOWED_HOSTS": _LOOPBACK,
        "GRAPH_URL": standins.get("graph") or "",
        "ENTRA_AUTHORITY": standins["entra"],
    }
    if lease := given.get("LOCAL_QUEUE_LEASE"):
        # A claim that outlives the message's lease would make the redelivered message wait for nobody.
        settings["ACTION_CLAIM_SECONDS"] = lease
    return {name: value for name, value in settings.items() if value}


def _always(given: Mapping[str, str], around: Surroundings) -> dict[str, str]:
    """What would not work otherwise: the machine may have presets for other programs."""
    online = given.get("EXCHANGE_ONLINE_HOSTS", "") or _MICROSOFT
    unproxied = ",".join(filter(None, [given.get("NO_PROXY", "") or given.get("no_proxy", ""), _LOOPBACK]))
    return {
        "EXCHANGE_CA_BUNDLE": str(around.bundle),
        "EXCHANGE_ONLINE_HOSTS": ",".join(filter(None, [online, _LOOPBACK])),
        "REQUESTS_CA_BUNDLE": str(around.bundle),
        "CURL_CA_BUNDLE": str(around.bundle),
        "SSL_CERT_FILE": str(around.bundle),
        "IDENTITY_ENDPOINT": around.standins["identityEndpoint"],
        "IDENTITY_HEADER": around.identity_header,
        "LOCAL_SIGN_IN": str(around.sign_in),
        "NO_PROXY": unproxied,
        "no_proxy": unproxied,
        "PYTHONUNBUFFERED": "1",
    }


def write_bundle(target: Path, local_bundle: Path, given: str) -> Path:
    """The local bundle and the developer's ``EXCHANGE_CA_BUNDLE`` (PEM text or a file) in one. Raises OSError, WrongOption."""
    own = given if "BEGIN CERTIFICATE" in given or not given else Path(given).read_text("utf-8")
    target.write_text(f"{local_bundle.read_text('utf-8')}\n{own}\n", encoding="utf-8")
    try:
        ssl.create_default_context(cafile=target)
    except ssl.SSLError as error:
        raise WrongOption(f"EXCHANGE_CA_BUNDLE holds a certificate that cannot be read ({error.reason}).") from None
    return target
