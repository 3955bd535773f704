"""What a server offers for sign-in: its WWW-Authenticate headers, RFC 9110 11.6.1."""

import re
from typing import Literal

from urllib3 import HTTPHeaderDict

AuthType = Literal["ntlm", "basic"]
_SCHEME = re.compile(r"(?:^|,)\s*(ntlm|basic)(?:\s+([A-Za-z0-9+/=]+)(?=\s*(?:,|$)))?(?=[\s,]|$)", re.IGNORECASE)


def offered(headers: HTTPHeaderDict) -> dict[str, str]:
    """The schemes that we speak, each with the token behind it (empty where there is none)."""
    lines = headers.getlist("WWW-Authenticate")
    return {found[1].lower(): found[2] or "" for line in lines for found in _SCHEME.finditer(line)}


def chosen(headers: HTTPHeaderDict) -> AuthType | None:
    """NTLM before Basic, which sends the password itself."""
    schemes = offered(headers)
    return "ntlm" if "ntlm" in schemes else "basic" if "basic" in schemes else None
