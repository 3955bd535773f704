"""Settings, read once from the environment.

Whatever is missing or wrong is reported by name, all of it at once.
"""

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from shared.config.schedules import CHECK_SCHEDULE, DEFAULTS, SWEEP_SCHEDULE
from shared.domain.instants import parse_duration

# Before the first model: it would look for plugins in every package that is installed.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

TRUSTED_AUTHENTICATION = "AppServiceAuthentication"
# Settings that only the stand-ins of one machine need; a deployment sets all the others.
ONE_MACHINE = frozenset({"AzureWebJobsStorage", "KEY_VAULT_VERIFY_RESOURCE"})


class SettingsError(Exception):
    """One line per missing or wrong setting."""


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _lower(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value.lower() for value in values)


def _seconds(value: object) -> object:
    return timedelta(seconds=float(value)) if isinstance(value, (str, int, float)) else value


def _duration(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


def _no_slash(value: str | None) -> str | None:
    return value.rstrip("/") if value else value


List = Annotated[tuple[str, ...], BeforeValidator(_split)]
Hosts = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_lower)]
Seconds = Annotated[timedelta, BeforeValidator(_seconds), Field(gt=timedelta())]
Period = Annotated[timedelta, BeforeValidator(_duration), Field(ge=timedelta(days=1))]
Url = Annotated[str, AfterValidator(_no_slash)]


class Settings(BaseModel):
    """Every setting; the alias is its name in the environment. README documents each of them."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    # storage: a connection string on one machine, an identity in Azure
    storage: str | None = Field(None, alias="AzureWebJobsStorage")
    storage_account: str | None = Field(None, alias="AzureWebJobsStorage__accountName")
    storage_blob_uri: Url | None = Field(None, alias="AzureWebJobsStorage__blobServiceUri")
    storage_queue_uri: Url | None = Field(None, alias="AzureWebJobsStorage__queueServiceUri")
    storage_table_uri: Url | None = Field(None, alias="AzureWebJobsStorage__tableServiceUri")
    identity_client_id: str | None = Field(None, alias="AZURE_CLIENT_ID")

    key_vault_url: Url = Field(alias="KEY_VAULT_URL", pattern=r"^https://")
    key_vault_verify_resource: bool = Field(True, alias="KEY_VAULT_VERIFY_RESOURCE")
    installation: str | None = Field(None, alias="INSTALLATION_ID")
    public_base_url: Url = Field(alias="PUBLIC_BASE_URL", pattern=r"^https?://")

    trust_client_principal: str | None = Field(None, alias="TRUST_CLIENT_PRINCIPAL")
    trusted_tenants: Hosts = Field((), alias="TRUSTED_TENANTS")

    check_schedule: str = Field(DEFAULTS[CHECK_SCHEDULE], alias=CHECK_SCHEDULE)
    sweep_schedule: str = Field(DEFAULTS[SWEEP_SCHEDULE], alias=SWEEP_SCHEDULE)

    allowed_hosts: Hosts = Field((), alias="EXCHANGE_ALLOWED_HOSTS")
    online_hosts: Hosts = Field((), alias="EXCHANGE_ONLINE_HOSTS")
    ca_bundle: str | None = Field(None, alias="EXCHANGE_CA_BUNDLE")
    graph_url: Url | None = Field(None, alias="GRAPH_URL")
    entra_authority: Url | None = Field(None, alias="ENTRA_AUTHORITY")

    attachment_max_mb: int = Field(50, alias="ATTACHMENT_MAX_MB", ge=1, le=500)

    action_retention: Period = Field(timedelta(days=30), alias="ACTION_RETENTION")
    ledger_retention: Period = Field(timedelta(days=30), alias="LEDGER_RETENTION")
    blob_retention: Period = Field(timedelta(days=30), alias="BLOB_RETENTION")

    action_claim: Seconds = Field(timedelta(seconds=300), alias="ACTION_CLAIM_SECONDS")
    unanswered_wait: Seconds = Field(timedelta(seconds=60), alias="UNANSWERED_WAIT_SECONDS")
    lookup_wait: Seconds = Field(timedelta(seconds=120), alias="LOOKUP_WAIT_SECONDS")
    second_try: Seconds = Field(timedelta(seconds=600), alias="SECOND_TRY_SECONDS")
    sweep_grace: Seconds = Field(timedelta(seconds=300), alias="SWEEP_GRACE_SECONDS")
    retry_first: Seconds = Field(timedelta(seconds=10), alias="RETRY_FIRST_SECONDS")

    @property
    def trusts_client_principal(self) -> bool:
        return self.trust_client_principal == TRUSTED_AUTHENTICATION

    @model_validator(mode="after")
    def _complete(self) -> Self:
        uris = (self.storage_blob_uri, self.storage_queue_uri, self.storage_table_uri)
        if not (self.storage or self.storage_account or all(uris)):
            msg = (
                "AzureWebJobsStorage (connection string), AzureWebJobsStorage__accountName or the three "
                "AzureWebJobsStorage__blobServiceUri, __queueServiceUri, __tableServiceUri are required"
            )
            raise ValueError(msg)
        if self.trusts_client_principal and not self.trusted_tenants:
            raise ValueError("TRUSTED_TENANTS is required together with TRUST_CLIENT_PRINCIPAL")
        return self

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Raises SettingsError that names every missing or wrong setting. An empty setting is a missing one."""
        source = os.environ if environment is None else environment
        try:
            return cls.model_validate({name: value for name, value in source.items() if value.strip()})
        except ValidationError as exc:
            lines = (f"{'.'.join(map(str, error['loc'])) or 'settings'}: {error['msg']}" for error in exc.errors())
            raise SettingsError("\n".join(lines)) from None
