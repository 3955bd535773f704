"""Who can sign in on one machine, and what App Service would tell the functions about them.

A stand-in for Entra and App Service Authentication: HTTP Basic with one well-known password.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

PASSWORD = "local"
_CLAIM = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
_OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
_TENANT_ID = "http://schemas.microsoft.com/identity/claims/tenantid"
_ROLE = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"


@dataclass(frozen=True, slots=True)
class Person:
    """``roles`` are app roles such as ``Connector.Administrator``."""

    oid: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignIn:
    """``people`` by user principal name."""

    tenant_id: str
    people: Mapping[str, Person]

    def person(self, name: str) -> str | None:
        """The name as it is written here; case does not matter."""
        return next((known for known in self.people if known.casefold() == name.casefold()), None)

    def signed_in_by(self, authorization: str) -> str | None:
        """Whose user name and right password an ``Authorization: Basic`` header holds."""
        try:
            decoded = base64.b64decode(authorization.partition(" ")[2].strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            return None
        name, _, password = decoded.partition(":")
        return self.person(name) if password == PASSWORD else None

    def claims(self, name: str) -> list[dict[str, str]]:
        person = self.people[name]
        pairs = [(_OBJECT_ID, person.oid), (_TENANT_ID, self.tenant_id), (_CLAIM, name)]
        return [{"typ": typ, "val": value} for typ, value in [*pairs, *((_ROLE, role) for role in person.roles)]]

    def principal_headers(self, name: str) -> dict[str, str]:
        """What App Service adds to the request of a signed-in person."""
        principal = {"auth_typ": "aad", "claims": self.claims(name), "name_typ": _CLAIM, "role_typ": _ROLE}
        return {
            "x-ms-client-principal": base64.b64encode(json.dumps(principal).encode()).decode(),
            "x-ms-client-principal-id": self.people[name].oid,
            "x-ms-client-principal-name": name,
            "x-ms-client-principal-idp": "aad",
        }


NOBODY = SignIn("", {})


def read_sign_in(path: Path) -> SignIn:
    """Raises OSError, or ValueError and KeyError for a file that ``write_sign_in`` did not write."""
    document = json.loads(path.read_text(encoding="utf-8"))
    people = {name: Person(one["oid"], tuple(one["roles"])) for name, one in document["people"].items()}
    return SignIn(document["tenantId"], people)


def write_sign_in(path: Path, sign_in: SignIn) -> None:
    people = {name: asdict(person) for name, person in sign_in.people.items()}
    path.write_text(json.dumps({"tenantId": sign_in.tenant_id, "people": people}, indent=2), encoding="utf-8")
