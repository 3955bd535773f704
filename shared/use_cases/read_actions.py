"""Actions as callers may see them: members only those that they submitted in their own name."""

import json
import re

from shared.domain.action import Action, ActionState
from shared.domain.caller import Caller
from shared.domain.permissions import Operation, sees_action
from shared.errors import FieldError, InvalidRequest, NotFound
from shared.ports.records import Page, Records, Stored
from shared.use_cases.organization_access import Entered, OrganizationAccess

_LOOKED_THROUGH = 200


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

    def find(self, caller: Caller, organization: str, text: str, *, continuation: str | None) -> Page[Action]:
        """By id, or by what stands in the correlation: the newest first, a piece of the list for each call.

        A page may hold few or none although there is more: then it has a continuation.
        """
        entered = self._enter(caller, organization, Operation.READ_ACTIONS)
        found = [self._actions.get(organization, text)] if continuation is None and _sound(text) else []
        exact = [stored for stored in found if stored and _visible(entered, stored.value)]
        page = self._actions.list(organization, index="all", limit=_LOOKED_THROUGH, continuation=continuation)
        known = {stored.key for stored in exact}
        others = [
            stored
            for stored in page.items
            if stored.key not in known and _mentions(stored.value, text) and _visible(entered, stored.value)
        ]
        return Page((*exact, *others), page.continuation)

    def changeable(self, caller: Caller, organization: str, action_id: str) -> None:
        """Raises NotFound, Forbidden."""
        self._one(self._enter(caller, organization, Operation.CHANGE_ACTIONS), action_id)

    def change_all(self, caller: Caller, organization: str) -> None:
        """Raises NotFound, Forbidden."""
        self._enter(caller, organization, Operation.CHANGE_ACTIONS)

    def _one(self, entered: Entered, action_id: str) -> Stored[Action]:
        stored = self._actions.get(entered.organization.id, action_id) if _sound(action_id) else None
        if stored is None or not _visible(entered, stored.value):
            raise NotFound("There is no such action.")
        return stored


def _visible(entered: Entered, action: Action) -> bool:
    return sees_action(entered.caller, entered.standing, action.requested_by)


def _sound(action_id: str) -> bool:
    """What cannot be an id could not be a key either."""
    return re.fullmatch(r"[A-Za-z0-9._-]{1,64}", action_id) is not None


def _mentions(action: Action, text: str) -> bool:
    """Whether a search finds it: in the id, or in a value of the correlation."""
    values = json.dumps(list(action.correlation.values()), ensure_ascii=False)
    return text.casefold() in f"{action.id}\n{values}".casefold()
