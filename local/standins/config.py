"""What the launcher tells the stand-ins, as a JSON file: certificates, identities, people."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from local.certificates import Certificates


class Config(BaseModel):
    """``ca`` and ``server`` are PEM files (local.certificates). ``mailboxes`` (address: password) are added to the default
    cast of the simulated Exchange or change its passwords. All of them sign in to Entra with the same password.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    ca: Path
    server: Path
    mailboxes: dict[str, str] = Field(default_factory=dict)
    schemes: tuple[str, ...] = ("ntlm", "basic")
    tenant_id: str
    client_id: str
    client_secret: str
    app_certificates: tuple[str, ...] = ()
    managed_identity: str
    identity_header: str
    vault_deletion_seconds: float = Field(default=0.0, ge=0)

    @property
    def certificates(self) -> Certificates:
        return Certificates(self.ca, self.server)
