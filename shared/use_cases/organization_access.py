"""The gate of every request about an organization: the wall first, then the table of permissions, then the feature switch."""

import re
from dataclasses import dataclass

from shared.domain.caller import Caller
from shared.domain.organization import Organization
from shared.domain.permissions import MAY, Operation, Standing, standing
from shared.errors import Forbidden, NotFound
from shared.ports.records import Records, Stored

RECORD_ITSELF = frozenset(
    {
        Operation.READ_ORGANIZATION,
        Operation.PUT_ORGANIZATION,
        Operation.PATCH_ORGANIZATION,
        Operation.DELETE_ORGANIZATION,
    }
)


@dataclass(frozen=True, slots=True)
class Entered:
    """A caller inside an organization, allowed to do what was asked for."""

    caller: Caller
    stored: Stored[Organization]
    standing: Standing

    @property
    def organization(self) -> Organization:
        return self.stored.value


class OrganizationAccess:
    def __init__(self, *, organizations: Records[Organization]) -> None:
        self._organizations = organizations

    def __call__(self, caller: Caller, organization: str, operation: Operation) -> Entered:
        """Raises NotFound for strangers, Forbidden, Forbidden ``feature_disabled``."""
        stored = self._organizations.get(organization, organization) if _possible(organization) else None
        who = standing(caller, stored.value) if stored else Standing.STRANGER
        if stored is None or who is Standing.STRANGER:
            raise NotFound("There is no such organization.")
        if who not in MAY[operation]:
            raise Forbidden("You may not do this in this organization.")
        if operation not in RECORD_ITSELF and not stored.value.exchange_enabled:
            raise Forbidden("Exchange is switched off for this organization.", "feature_disabled")
        return Entered(caller, stored, who)


def _possible(organization: str) -> bool:
    """What cannot be an id is not asked for: it could not be a key either."""
    return re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", organization) is not None
