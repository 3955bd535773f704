"""A stored way into one Exchange mailbox, and what the servers said of it."""

import json
from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic.alias_generators import to_camel

from shared.domain.model import DisplayName, Instant, Model, OrganizationId, PersonName, Record, RecordId

CURRENT_SECRET_FORM = 1
EWS_ENDS = date(2027, 4, 1)
"""In Exchange Online, for good; until then a tenant's administrators may still allow it."""


class ConnectionType(StrEnum):
    CLASSIC = "classic"
    EXCHANGE_ONLINE = "exchangeOnline"


class Authentication(StrEnum):
    PASSWORD = "password"  # noqa: S105  (the name of a way of signing in)
    CLIENT_SECRET = "clientSecret"  # noqa: S105
    CERTIFICATE = "certificate"
    MANAGED_IDENTITY = "managedIdentity"


class Api(StrEnum):
    EWS = "ews"
    GRAPH = "graph"


class ConnectionState(StrEnum):
    UNTESTED = "untested"
    OK = "ok"
    SUSPENDED = "suspended"


class Reason(Model):
    code: str
    message: str


class ConnectionStatus(Record):
    state: ConnectionState = ConnectionState.UNTESTED
    since: Instant
    reason: Reason | None = None
    last_tested_at: Instant | None = None
    secret_expires_at: Instant | None = None


class Secret(Model):
    """What a connection signs in with. Lives in Key Vault and, for a while, in memory; never printed, never logged."""

    form: int = CURRENT_SECRET_FORM
    password: SecretStr | None = None
    client_secret: SecretStr | None = None
    certificate: SecretStr | None = None
    certificate_password: SecretStr | None = None

    def revealed(self) -> str:
        """The text that Key Vault keeps, and nobody else."""
        values = {name: getattr(self, name) for name in type(self).model_fields if name != "form"}
        given = {to_camel(name): value.get_secret_value() for name, value in values.items() if value is not None}
        return json.dumps({"form": self.form, **given})


class MessageIds(Record):
    """What the copies in Sent Items tell of transport: whether it gives mails other Message-IDs than ours."""

    rewritten: bool
    seen_at: Instant


class Discovered(Record):
    """What a first visit found out, kept so that a cold process need not ask again (FolderId by path, lower case)."""

    auth_type: Literal["basic", "ntlm"] | None = None
    server_build: str | None = None
    server_api_version: str | None = None
    folders: dict[str, str] = Field(default_factory=dict)
    message_ids: MessageIds | None = None


class Connection(Record):
    """``secret_name`` names the Key Vault secret; a new value always gets a new name, so a name stands for one value."""

    id: RecordId
    organization: OrganizationId
    display_name: DisplayName
    type: ConnectionType
    url: str
    username: str | None = None
    client_id: str | None = None
    tenant_id: str | None = None
    authorized_persons: tuple[PersonName, ...] = ()
    mailbox: str | None = None
    impersonate: bool = False
    authentication: Authentication = Authentication.PASSWORD
    api: Api = Api.EWS
    secret_name: str | None = None
    secret_changed_at: Instant | None = None
    status: ConnectionStatus
    discovered: Discovered = Discovered()
    created_by: PersonName
    created_by_object_id: str | None = None
    created_at: Instant
    updated_at: Instant

    @property
    def address(self) -> str:
        """The mailbox to work in: the one named, else the account's own."""
        return self.mailbox or self.username or ""


def ews_days_left(now: datetime) -> int:
    return max((EWS_ENDS - now.date()).days, 0)


def can_be_followed(connection: Connection) -> bool:
    """Whether arrivals in its mailbox can be told from what was there before.

    Message delta is not offered by 21Vianet: https://learn.microsoft.com/graph/deployments.
    """
    in_china = (urlsplit(connection.url).hostname or "").endswith(".cn")
    return not (in_china and connection.type is ConnectionType.EXCHANGE_ONLINE and connection.api is Api.GRAPH)
