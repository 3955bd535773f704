"""Actions as callers may see them: members only those that they submitted in their own name."""

import re

from shared.domain.action import Action, ActionState
from shared.domain.caller import Caller
from shared.domain.permissions import Operation, sees_action
from shared.errors import FieldError, InvalidRequest, NotFound
from shared.ports import Page, Records, Stored
from shared.use_cases.organization_access import Entered, OrganizationAccess


class ReadActions:
    def __init__(self, *, enter: OrganizationAccess, actions: Records[Action]) -> None:
        self._enter = enter
        self._actions = actions

    def list(
        self, caller: Caller, organization: str, *, state: str | None, limit: int, continuation: str | None
    ) -> Page[Action]:
        entered = self._enter(caller, organization, Operation.READ_ACTIONS)
        if state is not None and state not in set(ActionState):
            raise InvalidRequest([FieldError("state", f"must be one of {', '.join(ActionState)}")])
        index = f"state-{state}" if state else "all"
        page = self._actions.list(organization, index=index, limit=limit, continuation=continuation)
        return Page(tuple(stored for stored in page.items if _visible(entered, stored.value)), page.continuation)

    def one(self, caller: Caller, organization: str, action_id: str) -> Action:
        """Raises NotFound."""
        return self._one(self._enter(caller, organization, Operation.READ_ACTIONS), action_id).value

    def changeable(self, caller: Caller, organization: str, action_id: str) -> None:
        """Raises NotFound, Forbidden."""
        self._one(self._enter(caller, organization, Operation.CHANGE_ACTIONS), action_id)

    def change_all(self, caller: Caller, organization: str) -> None:
        """Raises NotFound, Forbidden."""
        self._enter(caller, organization, Operation.CHANGE_ACTIONS)

    def _one(self, entered: Entered, action_id: str) -> Stored[Action]:
        sound = re.fullmatch(r"[A-Za-z0-9._-]{1,64}", action_id)
        stored = self._actions.get(entered.organization.id, action_id) if sound else None
        if stored is None or not _visible(entered, stored.value):
            raise NotFound("There is no such action.")
        return stored


def _visible(entered: Entered, action: Action) -> bool:
    return sees_action(entered.caller, entered.standing, action.requested_by)
