"""Which action sent the mail that transport gave this Message-ID. Costs nothing where transport keeps ours."""

from shared.domain.alias import Alias, alias_key, is_rewritten
from shared.domain.connection import Connection
from shared.domain.organization import Organization
from shared.ports.records import Records


class FindAlias:
    """Organizations are remembered for a moment by every process: asking whether there is anything costs no read."""

    def __init__(self, *, organizations: Records[Organization], aliases: Records[Alias]) -> None:
        self._organizations = organizations
        self._aliases = aliases

    def __call__(self, organization: str, internet_message_id: str, by: Connection | None = None) -> Alias | None:
        """``by``, the connection that asks, knows of rewriting at once, the organization a little later."""
        if not (by and is_rewritten(by)) and not self._has_any(organization):
            return None
        found = self._aliases.get(organization, alias_key(internet_message_id))
        return found.value if found else None

    def _has_any(self, organization: str) -> bool:
        found = self._organizations.get(organization, organization)
        return found is not None and found.value.rewritten_message_ids
