"""Who signs in to the functions on one machine, and the identities that Entra's stand-in knows."""

import uuid
from dataclasses import dataclass

from local.entra.directory import object_id
from local.host.sign_in import PASSWORD, Person, SignIn

ROLES = {
    "admin@contoso.example": ("Connector.Administrator",),
    "engine@contoso.example": ("Connector.Process",),
    "anna@contoso.example": (),
    "bob@contoso.example": (),
    "eve@fabrikam.example": (),
}
ADMIN, ANNA, BOB = "admin@contoso.example", "anna@contoso.example", "bob@contoso.example"
ORGANIZATION = "contoso"


@dataclass(frozen=True, slots=True)
class Identities:
    """The same tenant and app at every start, so that stored connections keep working."""

    tenant_id: str = str(uuid.uuid5(uuid.NAMESPACE_DNS, "contoso.example"))
    client_id: str = str(uuid.uuid5(uuid.NAMESPACE_DNS, "app.contoso.example"))
    client_secret: str = "local-app-secret-4711"
    managed_identity: str = str(uuid.uuid5(uuid.NAMESPACE_DNS, "functions.contoso.example"))


def sign_in(identities: Identities) -> SignIn:
    return SignIn(identities.tenant_id, {name: Person(object_id(name), roles) for name, roles in ROLES.items()})


def passwords() -> dict[str, str]:
    return dict.fromkeys(ROLES, PASSWORD)
