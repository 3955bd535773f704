"""Entra and Key Vault put together as the configuration says."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from local.entra.control import Control
from local.entra.directory import APPLICATION_ROLES, App, Directory, Person, Tenant, mail_app, object_id
from local.entra.server import IDENTITY_PATH, Entra
from local.keyvault.server import KeyVault
from local.keyvault.vault import Vault
from local.standins.config import Config
from local.standins.door import Desk
from local.standins.serving import Serving


@dataclass(frozen=True, slots=True)
class Azure:
    """URLs without a closing slash; ``authority`` is Entra's without tenant."""

    entra: Entra
    authority: str
    identity_endpoint: str
    vault: str


def start_azure(config: Config, passwords: Mapping[str, str], desk: Desk, serving: Serving) -> Azure:
    """``passwords`` by address: everybody who has a mailbox."""
    made: list[Entra] = []

    def build_entra(base: str, router: web.UrlDispatcher) -> None:
        entra = Entra(directory(config, passwords), desk, base, config.identity_header)
        Control(entra).add_routes(router)  # before Entra's own: ``control`` is no tenant
        entra.add_routes(router)
        made.append(entra)

    authority = serving.add(build_entra)
    entra = made[0]

    def build_vault(base: str, router: web.UrlDispatcher) -> None:
        vault = Vault(deletion_seconds=config.vault_deletion_seconds)
        KeyVault(vault, entra.tokens, desk, base, f"{authority}/{config.tenant_id}").add_routes(router)

    return Azure(entra, authority, f"{authority}{IDENTITY_PATH}", serving.add(build_vault))


def directory(config: Config, passwords: Mapping[str, str]) -> Directory:
    """One app registration, the functions' managed identity, and everybody with a mailbox."""
    domains = frozenset(address.rpartition("@")[2].casefold() for address in passwords)
    known = Directory(Tenant(id=config.tenant_id, domains=domains), config.managed_identity)
    known.put_app(mail_app(config.client_id, config.client_secret, config.app_certificates))
    known.put_app(
        App(
            client_id=config.managed_identity,
            object_id=object_id(config.managed_identity),
            display_name="The functions themselves",
            public_client=False,
            roles=APPLICATION_ROLES,
        )
    )
    for address, password in passwords.items():
        known.put_person(Person(address=address, object_id=object_id(address), password=password))
    return known
