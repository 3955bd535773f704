"""One TLS context for everything that leaves: public authorities and the operator's own. There is no way to switch it off."""

import ssl
from pathlib import Path

import certifi


def tls_context(ca_bundle: str | None) -> ssl.SSLContext:
    """``ca_bundle``: PEM text or the path of a file, as the setting EXCHANGE_CA_BUNDLE. Raises ValueError naming it."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_bundle:
        _add(context, ca_bundle)
    return context


def _add(context: ssl.SSLContext, ca_bundle: str) -> None:
    try:
        if "-----BEGIN" in ca_bundle:
            context.load_verify_locations(cadata=ca_bundle.replace("\\n", "\n"))
        else:
            context.load_verify_locations(cafile=Path(ca_bundle))
    except (OSError, ssl.SSLError) as exc:
        raise ValueError("EXCHANGE_CA_BUNDLE is neither PEM text nor a file of certificates that can be read.") from exc
