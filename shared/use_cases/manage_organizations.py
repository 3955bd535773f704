"""Organizations: who they are, whether Exchange is on, who belongs to them. Deleting one takes everything along."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import ValidationError

from shared.domain.caller import Caller
from shared.domain.etag import IfMatch, etag_of
from shared.domain.fields import field_errors
from shared.domain.organization import Organization
from shared.domain.organization_view import (
    OWN_FIELDS,
    OrganizationInput,
    OrganizationSummary,
    OrganizationView,
    summary,
    view,
    written,
)
from shared.domain.permissions import Operation, Standing, sees_in_full, standing
from shared.errors import Conflict, FieldError, Forbidden, InvalidRequest
from shared.ports.clock import Clock
from shared.ports.records import AlreadyThere, Records, Stale, Stored
from shared.use_cases.organization_access import OrganizationAccess

ATTEMPTS = 5
Purge = Callable[[str], None]
"""Removes what one kind of record keeps for an organization. Idempotent."""
Shown = OrganizationView | OrganizationSummary


class ManageOrganizations:
    def __init__(
        self,
        *,
        enter: OrganizationAccess,
        organizations: Records[Organization],
        clock: Clock,
        purges: Sequence[Purge] = (),
    ) -> None:
        self._enter = enter
        self._organizations = organizations
        self._clock = clock
        self._purges = purges

    def list(self, caller: Caller, *, limit: int, continuation: str | None) -> tuple[list[Shown], str | None]:
        """Those that the caller belongs to, by id; the continuation is the last id of the page before."""
        mine = sorted(
            (stored.value for stored in self._organizations.everywhere() if _visible(caller, stored.value)),
            key=lambda organization: organization.id,
        )
        rest = [organization for organization in mine if continuation is None or organization.id > continuation]
        page = rest[:limit]
        more = page[-1].id if len(rest) > limit else None
        return [_shown(standing(caller, organization), organization) for organization in page], more

    def read(self, caller: Caller, organization: str) -> tuple[Shown, str]:
        """With its ETag."""
        entered = self._enter(caller, organization, Operation.READ_ORGANIZATION)
        return _shown(entered.standing, entered.organization), etag(entered.organization)

    def put(
        self, caller: Caller, organization: str, fields: OrganizationInput, if_match: IfMatch
    ) -> tuple[Organization, bool]:
        """Creates (True) or replaces (False). Raises InvalidRequest, Forbidden, PreconditionFailed."""
        possible = re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", organization)
        if not caller.is_administrator or (possible and self._organizations.get(organization, organization)):
            self._enter(caller, organization, Operation.PUT_ORGANIZATION)
        if not possible:
            raise InvalidRequest([FieldError("organization", "must match [a-z0-9][a-z0-9-]{0,39}")])
        for _ in range(ATTEMPTS):
            stored = self._organizations.get(organization, organization)
            if_match.check(etag(stored.value) if stored else None)
            try:
                return self._write(organization, stored, fields), stored is None
            except (AlreadyThere, Stale):
                continue
        raise Conflict("The organization changes too often at this moment.")

    def patch(self, caller: Caller, organization: str, changes: dict[str, Any], if_match: IfMatch) -> Organization:
        """A merge patch. Raises NotFound, Forbidden, InvalidRequest, PreconditionFailed."""
        entered = self._enter(caller, organization, Operation.PATCH_ORGANIZATION)
        foreign = sorted(set(changes) & _names() - OWN_FIELDS)
        if foreign and entered.standing is not Standing.ADMINISTRATOR:
            raise Forbidden(f"Only platform administrators change {', '.join(foreign)}.")
        stored: Stored[Organization] | None = entered.stored
        for _ in range(ATTEMPTS):
            stored = self._organizations.get(organization, organization)
            if stored is None:
                break
            if_match.check(etag(stored.value))
            try:
                return self._write(organization, stored, _merged(stored.value, changes))
            except Stale:
                continue
        raise Conflict("The organization changes too often at this moment.")

    def delete(self, caller: Caller, organization: str, if_match: IfMatch) -> None:
        """Everything inside goes first: a crash in between leaves an organization that can be deleted again."""
        entered = self._enter(caller, organization, Operation.DELETE_ORGANIZATION)
        if_match.check(etag(entered.organization))
        stored = self._organizations.get(organization, organization)
        if stored and stored.value.exchange_enabled:
            # Nothing may begin anew while its things are removed.
            stored = self._organizations.replace(stored, stored.value.model_copy(update={"exchange_enabled": False}))
        for purge in self._purges:
            purge(organization)
        if stored:
            self._organizations.delete(stored)

    def _write(self, organization: str, stored: Stored[Organization] | None, fields: OrganizationInput) -> Organization:
        now = self._clock.now()
        fresh = Organization(
            id=organization,
            rewritten_message_ids=stored is not None and stored.value.rewritten_message_ids,
            created_at=stored.value.created_at if stored else now,
            updated_at=now,
            **fields.model_dump(by_alias=False),
        )
        if stored is None:
            return self._organizations.create(organization, organization, fresh).value
        return self._organizations.replace(stored, fresh).value


def etag(organization: Organization) -> str:
    return etag_of(written(organization).model_dump(mode="json"))


def _names() -> set[str]:
    return {field.alias or name for name, field in OrganizationInput.model_fields.items()}


def _merged(organization: Organization, changes: dict[str, Any]) -> OrganizationInput:
    """RFC 7396: null removes, so that the default holds."""
    document = written(organization).model_dump(mode="json") | changes
    document = {name: value for name, value in document.items() if value is not None}
    try:
        return OrganizationInput.model_validate(document)
    except ValidationError as exc:
        raise InvalidRequest(field_errors(exc, document)) from None


def _visible(caller: Caller, organization: Organization) -> bool:
    return standing(caller, organization) is not Standing.STRANGER


def _shown(who: Standing, organization: Organization) -> Shown:
    return view(organization) if sees_in_full(who) else summary(organization)
