"""Who and what the invented tenant knows: people, applications, permissions. Tests change it while it runs.

It decides nothing: who may sign in with what is said by the grants.
"""

from datetime import UTC, datetime
from typing import Literal
from uuid import NAMESPACE_URL, uuid5

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

MAIL_SCOPES = frozenset({"Mail.ReadWrite", "Mail.Send", "Mail.Send.Shared", "Calendars.ReadWrite", "User.Read"})
EWS_SCOPE = "EWS.AccessAsUser.All"
APPLICATION_ROLES = frozenset({"Mail.ReadWrite", "Mail.Send", "Calendars.ReadWrite", "full_access_as_app"})


class Entry(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class Person(Entry):
    """``mfa``: asked for (``required``), or the person has yet to enrol (``enrolment``)."""

    address: str
    object_id: str
    password: str
    mfa: Literal["required", "enrolment"] | None = None
    locked: bool = False
    disabled: bool = False
    password_expired: bool = False


class ClientSecret(Entry):
    value: str
    expires_at: datetime | None = None

    @property
    def expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= datetime.now(UTC)


class App(Entry):
    """``roles`` are the application permissions consented to, ``scopes`` the delegated ones; certificates are PEM."""

    client_id: str
    object_id: str
    display_name: str
    secrets: tuple[ClientSecret, ...] = ()
    certificates: tuple[str, ...] = ()
    public_client: bool = True
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()


class Tenant(Entry):
    """``domains`` may stand for the id in a URL; ``token_seconds`` is the life of an access token."""

    id: str
    domains: frozenset[str] = frozenset({"contoso.example"})
    token_seconds: int = Field(default=3599, ge=1)


class Directory:
    """One tenant with its people and apps, by address and by client id, whatever the case.

    ``managed_identity`` is the client id of the app entry that stands for the functions' own identity; accounts of a
    ``federated`` domain sign in somewhere else.
    """

    def __init__(self, tenant: Tenant, managed_identity: str) -> None:
        self.tenant = tenant
        self.managed_identity = managed_identity
        self.federated: frozenset[str] = frozenset()
        self._people: dict[str, Person] = {}
        self._apps: dict[str, App] = {}

    def put_person(self, person: Person) -> None:
        self._people[person.address.casefold()] = person

    def put_app(self, app: App) -> None:
        self._apps[app.client_id.casefold()] = app

    def person(self, address: str) -> Person | None:
        return self._people.get(address.casefold())

    def app(self, client_id: str) -> App | None:
        return self._apps.get(client_id.casefold())

    def people(self) -> list[Person]:
        return list(self._people.values())

    def apps(self) -> list[App]:
        return list(self._apps.values())

    def knows_tenant(self, name: str) -> bool:
        return name.casefold() in {self.tenant.id.casefold(), *self.tenant.domains}

    def knows_domain_of(self, address: str) -> bool:
        domain = address.casefold().rpartition("@")[2]
        return domain in self.tenant.domains or any(known.endswith(f"@{domain}") for known in self._people)


def object_id(name: str) -> str:
    """The same person has the same object id at every start."""
    return str(uuid5(NAMESPACE_URL, f"person:{name.casefold()}"))


def mail_app(client_id: str, secret: str, certificates: tuple[str, ...] = ()) -> App:
    """An app registration that may do everything the connector needs, in every way of signing in."""
    return App(
        client_id=client_id,
        object_id=object_id(client_id),
        display_name="Exchange connector",
        secrets=(ClientSecret(value=secret),),
        certificates=certificates,
        roles=APPLICATION_ROLES,
        scopes=MAIL_SCOPES | {EWS_SCOPE},
    )
