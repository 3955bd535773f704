"""What callers write of an organization, and what each of them sees."""

from typing import Annotated

from pydantic import Field, RootModel, StringConstraints

from shared.domain.model import DisplayName, Instant, Model, OrganizationId, PersonName
from shared.domain.organization import Organization
from shared.domain.person import OnePerson

MOST_PEOPLE = 1000
People = Annotated[tuple[PersonName, ...], Field(max_length=MOST_PEOPLE)]
Mailbox = Annotated[str, StringConstraints(max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")]


class OrganizationInput(Model):
    """What callers write of an organization."""

    display_name: DisplayName
    exchange_enabled: bool = False
    administrators: Annotated[tuple[OnePerson, ...], Field(max_length=MOST_PEOPLE)] = ()
    members: People = ()
    managed_identity_mailboxes: Annotated[tuple[Mailbox, ...], Field(max_length=1000)] = ()


OWN_FIELDS = frozenset({"displayName", "exchangeEnabled", "members"})
"""What an organization's own administrators may change."""


class OrganizationView(OrganizationInput):
    id: OrganizationId
    created_at: Instant
    updated_at: Instant


class OrganizationSummary(Model):
    """What members and the engine see."""

    id: OrganizationId
    display_name: DisplayName
    exchange_enabled: bool


class OrganizationShown(RootModel[OrganizationView | OrganizationSummary]):
    """In full for administrators."""


def written(organization: Organization) -> OrganizationInput:
    return OrganizationInput.model_validate(
        organization.model_dump(include=set(OrganizationInput.model_fields), by_alias=False)
    )


def view(organization: Organization) -> OrganizationView:
    shown = set(OrganizationView.model_fields)
    return OrganizationView.model_validate(organization.model_dump(include=shown, by_alias=False))


def summary(organization: Organization) -> OrganizationSummary:
    shown = set(OrganizationSummary.model_fields)
    return OrganizationSummary.model_validate(organization.model_dump(include=shown, by_alias=False))
