"""The connection form: what callers write, what they read, and which fields go with which type and way of signing in."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, RootModel, SecretStr, StringConstraints, ValidationError

from shared.domain.certificate import certificate_error
from shared.domain.connection import (
    Api,
    Authentication,
    Connection,
    ConnectionState,
    ConnectionType,
    Reason,
    Secret,
    ews_days_left,
)
from shared.domain.etag import etag_of
from shared.domain.fields import field_errors
from shared.domain.model import DisplayName, Instant, Model, PersonName, RecordId
from shared.domain.person import OnePerson
from shared.domain.server_address import MICROSOFT_HOSTS, host_of, port_of, url_errors
from shared.errors import FieldError, InvalidRequest

ONLINE_URL = "https://outlook.office365.com/EWS/Exchange.asmx"
LONGEST_PASSWORD = 256
LARGEST_CERTIFICATE = 20 * 1024
BINDING = ("url", "username", "clientId", "tenantId", "authentication", "mailbox")
"""What a stored secret was given for: whoever changes one of these gives the secret again."""
SECRETS = {
    Authentication.PASSWORD: "password",
    Authentication.CLIENT_SECRET: "clientSecret",
    Authentication.CERTIFICATE: "certificate",
}

Guid = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$")]
Tenant = Annotated[
    str,
    StringConstraints(
        pattern=r"^([0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)$"
    ),
]
MailboxAddress = Annotated[str, StringConstraints(max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")]
UserName = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f:]+$")]


class ConnectionFields(Model):
    """What callers write and read alike."""

    display_name: DisplayName
    type: ConnectionType
    url: str | None = None
    username: UserName | None = None
    client_id: Guid | None = None
    tenant_id: Tenant | None = None
    authorized_persons: Annotated[tuple[OnePerson, ...], Field(max_length=1000)] = ()
    mailbox: MailboxAddress | None = None
    impersonate: bool = False
    authentication: Authentication = Authentication.PASSWORD
    api: Api | None = None


class ConnectionInput(ConnectionFields):
    """The form with its write-only fields."""

    password: SecretStr | None = None
    client_secret: SecretStr | None = None
    certificate: SecretStr | None = None
    certificate_password: SecretStr | None = None

    @property
    def secret(self) -> Secret | None:
        given = {
            name: getattr(self, name) for name in ("password", "client_secret", "certificate", "certificate_password")
        }
        return Secret(**given) if any(value is not None for value in given.values()) else None


class StatusView(Model):
    state: ConnectionState
    since: Instant
    reason: Reason | None = None
    last_tested_at: Instant | None = None
    ews_days_left: int | None = None
    secret_expires_at: Instant | None = None


class StepView(Model):
    """One step of the doctor."""

    name: Literal["address", "tls", "signIn", "mailbox", "read", "send", "calendar", "scope"]
    state: Literal["ok", "failed", "skipped"]
    code: str | None = None
    message: str
    remedy: str | None = None
    milliseconds: int = 0


class Examination(Model):
    """The doctor's report."""

    ok: bool
    steps: tuple[StepView, ...]


class ConnectionView(ConnectionFields):
    """``test`` is there where a connection was created with ``?test=true``."""

    id: RecordId
    has_password: bool = False
    password_changed_at: Instant | None = None
    has_client_secret: bool = False
    client_secret_changed_at: Instant | None = None
    has_certificate: bool = False
    certificate_changed_at: Instant | None = None
    status: StatusView
    created_by: PersonName
    created_at: Instant
    updated_at: Instant
    test: Examination | None = None


class ConnectionSummary(Model):
    """What members and the engine see."""

    id: RecordId
    display_name: DisplayName
    type: ConnectionType
    status: StatusView


class ConnectionShown(RootModel[ConnectionView | ConnectionSummary]):
    """In full for administrators."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """The installation's lists; ``online`` replaces Microsoft's own hosts."""

    allowed: Sequence[str] = ()
    online: Sequence[str] = ()

    @property
    def of_exchange_online(self) -> Sequence[str]:
        return self.online or MICROSOFT_HOSTS


def read_form(document: Mapping[str, Any], hosts: Hosts, *, secret_kept: bool = False) -> ConnectionInput:
    """The form, each field by itself in order. Raises InvalidRequest, which names what breaks a rule of several, too."""
    try:
        return ConnectionInput.model_validate(document)
    except ValidationError as exc:
        errors = field_errors(exc, document)
    bad = {re.split(r"[.\[]", error.field)[0] for error in errors}
    if not bad & {"type", "authentication"}:
        sound = {name: value for name, value in document.items() if name not in bad}
        try:
            form = ConnectionInput.model_validate({"displayName": "-", **sound})
        except ValidationError:
            raise InvalidRequest(errors) from None
        errors += [error for error in form_errors(form, hosts, secret_kept=secret_kept) if error.field not in bad]
    raise InvalidRequest(errors)


def form_errors(form: ConnectionInput, hosts: Hosts, *, secret_kept: bool = False) -> list[FieldError]:
    """Every rule over several fields. ``secret_kept``: the stored secret goes on being used."""
    online = form.type is ConnectionType.EXCHANGE_ONLINE
    rules = _online_errors(form, hosts) if online else _classic_errors(form, hosts)
    return [*rules, *_sign_in_errors(form), *_secret_errors(form, secret_kept=secret_kept)]


def _classic_errors(form: ConnectionInput, hosts: Hosts) -> Iterator[FieldError]:
    if form.url is None:
        yield FieldError("url", "is required")
    else:
        yield from url_errors(form.url, hosts.allowed)
    for name, value in (("clientId", form.client_id), ("tenantId", form.tenant_id)):
        if value is not None:
            yield FieldError(name, "is only for Exchange Online")
    if form.authentication is not Authentication.PASSWORD:
        yield FieldError("authentication", "must be password for a classic connection")
    if form.api is Api.GRAPH:
        yield FieldError("api", "is only for Exchange Online")
    if form.impersonate and form.mailbox is None:
        yield FieldError("mailbox", "is required with impersonate")


def _online_errors(form: ConnectionInput, hosts: Hosts) -> Iterator[FieldError]:
    # A token goes to Microsoft's hosts, or to those that the installation lists, and nowhere else.
    url = form.url or ONLINE_URL
    errors = url_errors(url, hosts.of_exchange_online)
    if errors and not url_errors(url, ()):
        errors = [FieldError("url", "is not a host of Exchange Online (EXCHANGE_ONLINE_HOSTS)")]
    yield from errors
    for name, value in (("clientId", form.client_id), ("tenantId", form.tenant_id)):
        if value is None and form.authentication is not Authentication.MANAGED_IDENTITY:
            yield FieldError(name, "is required for Exchange Online")
    if form.impersonate:
        yield FieldError("impersonate", "is only for classic connections")


def _sign_in_errors(form: ConnectionInput) -> Iterator[FieldError]:
    by_password = form.authentication is Authentication.PASSWORD
    if by_password and form.username is None:
        yield FieldError("username", "is required")
    if not by_password and form.username is not None:
        yield FieldError("username", "is only for signing in with a password")
    if form.mailbox is None and not by_password:
        yield FieldError("mailbox", "is required where nobody signs in with a user name")


def _secret_errors(form: ConnectionInput, *, secret_kept: bool) -> Iterator[FieldError]:
    wanted = SECRETS.get(form.authentication)
    given = {"password": form.password, "clientSecret": form.client_secret, "certificate": form.certificate}
    for name, value in given.items():
        if value is not None and name != wanted:
            yield FieldError(name, f"does not go with authentication {form.authentication}")
        elif value is not None:
            yield from _content_errors(name, value.get_secret_value(), form)
        elif name == wanted and not secret_kept:
            yield FieldError(name, "is required")
    if form.certificate_password is not None and form.certificate is None:
        yield FieldError("certificatePassword", "goes with a certificate")


def _content_errors(name: str, value: str, form: ConnectionInput) -> Iterator[FieldError]:
    """Never with a part of the value in the message."""
    largest = LARGEST_CERTIFICATE if name == "certificate" else LONGEST_PASSWORD
    if not value or len(value) > largest:
        yield FieldError(name, f"must have 1 to {largest} characters")
    elif form.type is ConnectionType.EXCHANGE_ONLINE and name == "password" and value != value.strip():
        yield FieldError(name, "must not begin or end with a space: Entra refuses it")
    elif "\x00" in value:
        yield FieldError(name, "must not contain a NUL character")
    elif name == "certificate":
        yield from _certificate_errors(value, form.certificate_password)


def _certificate_errors(value: str, password: SecretStr | None) -> Iterator[FieldError]:
    if wrong := certificate_error(value, password.get_secret_value() if password else None):
        yield FieldError("certificate", wrong)


def fields_of(connection: Connection) -> dict[str, Any]:
    """What callers wrote, as JSON."""
    shown = connection.model_dump(include=set(ConnectionFields.model_fields), by_alias=False)
    return ConnectionFields.model_validate(shown).model_dump(mode="json")


def etag(connection: Connection) -> str:
    return etag_of({**fields_of(connection), "secret": connection.secret_name})


def stored_fields(form: ConnectionInput) -> dict[str, Any]:
    """The form with its defaults, for the record."""
    online = form.type is ConnectionType.EXCHANGE_ONLINE
    fields = form.model_dump(include=set(ConnectionFields.model_fields), by_alias=False)
    return {
        **fields,
        "url": form.url or ONLINE_URL,
        "api": form.api or (Api.GRAPH if online else Api.EWS),
    }


def binds_anew(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether the stored secret would be used for something that it was not given for."""
    return any(_bound(name, before.get(name)) != _bound(name, after.get(name)) for name in BINDING)


def visits_anew(before: Connection, after: Connection) -> bool:
    """Whether what a first visit found out may no longer hold."""
    looked_at = ("url", "username", "mailbox", "impersonate", "authentication", "api")
    return any(getattr(before, name) != getattr(after, name) for name in looked_at)


def _bound(name: str, value: Any) -> Any:
    if name == "url":
        return _server(value or ONLINE_URL)
    return value.casefold() if isinstance(value, str) else value


def _server(url: str) -> tuple[str, int]:
    """Of a URL that is not checked yet: what cannot be read is no server that a secret was given for."""
    try:
        return host_of(url), port_of(url)
    except ValueError:
        return url, 0


def view(connection: Connection, now: datetime) -> ConnectionView:
    shown = connection.model_dump(include=set(ConnectionView.model_fields) - {"status", "test"}, by_alias=False)
    return ConnectionView.model_validate({**shown, **_secret_view(connection), "status": status_view(connection, now)})


def summary(connection: Connection, now: datetime) -> ConnectionSummary:
    return ConnectionSummary(
        id=connection.id,
        display_name=connection.display_name,
        type=connection.type,
        status=status_view(connection, now),
    )


def status_view(connection: Connection, now: datetime) -> StatusView:
    by_ews = connection.type is ConnectionType.EXCHANGE_ONLINE and connection.api is Api.EWS
    days = ews_days_left(now) if by_ews else None
    return StatusView.model_validate({**connection.status.model_dump(by_alias=False), "ews_days_left": days})


def _secret_view(connection: Connection) -> dict[str, Any]:
    names = {
        Authentication.PASSWORD: "password",
        Authentication.CLIENT_SECRET: "client_secret",
        Authentication.CERTIFICATE: "certificate",
    }
    name = names.get(connection.authentication)
    if name is None or connection.secret_name is None:
        return {}
    return {f"has_{name}": True, f"{name}_changed_at": connection.secret_changed_at}
