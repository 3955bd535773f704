"""Mail addresses as people write them: ``Kim <kim@fabrikam.example>``. Checked for form only; who exists is Exchange's matter."""

import re
from email.headerregistry import Address as ParsedAddress
from email.utils import getaddresses
from typing import Annotated, Any

from pydantic import BeforeValidator

from shared.domain.mail import Address

_LONGEST = 320
_LONGEST_NAME = 256
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DOMAIN_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")


def parse_address(text: str) -> Address:
    """One address with or without a name. Raises ValueError in the words of an error message."""
    if _CONTROL.search(text):
        raise ValueError("must not contain control characters")
    found = getaddresses([text.strip()])
    if len(found) != 1 or not found[0][1]:
        raise ValueError('must be one address such as "Kim <kim@fabrikam.example>"')
    name, address = found[0]
    if len(name) > _LONGEST_NAME:
        raise ValueError(f"must have a name of at most {_LONGEST_NAME} characters")
    return Address(name=name, address=_checked(address))


def _checked(address: str) -> str:
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain or len(address) > _LONGEST:
        raise ValueError("must be an address such as kim@fabrikam.example")
    try:
        ascii_domain = domain.encode("idna").decode()
        ParsedAddress(addr_spec=f"{local}@{ascii_domain}") if local.isascii() else None
    except Exception:  # noqa: BLE001  (the parser of the standard library raises whatever it meets)
        raise ValueError("must be an address such as kim@fabrikam.example") from None
    if not all(_DOMAIN_LABEL.fullmatch(label) for label in ascii_domain.split(".")) or re.search(r"[\s<>,;]", local):
        raise ValueError("must be an address such as kim@fabrikam.example")
    return address


def _read(value: Any) -> Any:
    return parse_address(value) if isinstance(value, str) else value


MailAddress = Annotated[Address, BeforeValidator(_read, json_schema_input_type=str)]
"""Written as text in messages."""


def distinct(addresses: tuple[Address, ...]) -> tuple[Address, ...]:
    """Each address once, the first spelling kept: nobody gets the same mail twice."""
    return tuple({address.address.casefold(): address for address in reversed(addresses)}.values())[::-1]
