"""The way into an organization: who has no standing in it learns nothing, not even that it exists."""

from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from shared.domain.caller import Caller
from shared.domain.connection import Connection
from shared.domain.model import OrganizationId, RecordId
from shared.domain.organization import Organization
from shared.domain.permissions import (
    SWITCHED_OFF_TOO,
    Operation,
    Standing,
    allowed,
    may_see,
    sees_all,
    sees_whole,
    standings,
)
from shared.errors import Forbidden, NotFound
from shared.ports import Records, Stored

_ORGANIZATION_ID: TypeAdapter[str] = TypeAdapter(OrganizationId)
_RECORD_ID: TypeAdapter[str] = TypeAdapter(RecordId)


@dataclass(frozen=True, slots=True)
class Entered:
    """An organization that the caller may be in, for one operation."""

    stored: Stored[Organization]
    caller: Caller
    standings: frozenset[Standing]

    @property
    def organization(self) -> Organization:
        return self.stored.value

    @property
    def sees_all(self) -> bool:
        """Else only what is the caller's own."""
        return sees_all(self.standings)

    @property
    def sees_whole(self) -> bool:
        """Else as members see it."""
        return sees_whole(self.standings)


class OrganizationAccess:
    def __init__(self, *, organizations: Records[Organization], connections: Records[Connection]) -> None:
        self._organizations = organizations
        self._connections = connections

    def enter(self, caller: Caller, organization: str, operation: Operation) -> Entered:
        """Raises NotFound, Forbidden (``forbidden``, ``feature_disabled``)."""
        stored = self._organizations.get(organization, organization) if is_organization_id(organization) else None
        held = standings(caller, stored.value if stored else None)
        if not held:
            raise unknown_organization()
        if not allowed(operation, held):
            raise Forbidden("You may not do this.")
        if stored is None:
            raise unknown_organization()
        if not stored.value.exchange_enabled and operation not in SWITCHED_OFF_TOO:
            raise Forbidden("Exchange is switched off for this organization.", "feature_disabled")
        return Entered(stored, caller, held)

    def connection(self, entered: Entered, connection: str) -> Stored[Connection]:
        """Raises NotFound, for one that the caller may not use too."""
        stored = self._connections.get(entered.organization.id, connection) if is_record_id(connection) else None
        if stored is None or not may_see(entered.organization, stored.value, entered.caller, entered.standings):
            raise unknown_connection()
        return stored


def unknown_organization() -> NotFound:
    return NotFound("There is no such organization.")


def unknown_connection() -> NotFound:
    return NotFound("There is no such connection.")


def is_organization_id(text: str) -> bool:
    """What has another form is no key of any record."""
    return _fits(_ORGANIZATION_ID, text)


def is_record_id(text: str) -> bool:
    return _fits(_RECORD_ID, text)


def _fits(form: TypeAdapter[str], text: str) -> bool:
    try:
        form.validate_python(text)
    except ValidationError:
        return False
    # Python's $ matches before a final line feed too, and so may a pattern's.
    return text.isprintable()
