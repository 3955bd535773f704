"""An action that comes over HTTP: the caller's own words and rights checked, then accepted like any other."""

from typing import Any

from shared.domain.action import Action
from shared.domain.caller import Caller
from shared.domain.connection import Connection
from shared.domain.permissions import Operation, requester, sees
from shared.errors import FieldError, InvalidRequest, NotFound
from shared.ports.records import Records
from shared.use_cases.accept_action import AcceptAction, read_message
from shared.use_cases.organization_access import OrganizationAccess


class SubmitAction:
    def __init__(self, *, enter: OrganizationAccess, connections: Records[Connection], accept: AcceptAction) -> None:
        self._enter = enter
        self._connections = connections
        self._accept = accept

    def __call__(self, caller: Caller, organization: str, document: dict[str, Any]) -> Action:
        """Raises InvalidRequest, NotFound, Forbidden, Rejected ``person_not_authorized``, Conflict ``action_id_reused``."""
        entered = self._enter(caller, organization, Operation.SUBMIT_ACTIONS)
        if document.get("organization", organization) != organization:
            raise InvalidRequest([FieldError("organization", "must be the one of the path, or left out")])
        message = read_message({"requestedBy": caller.person, **document, "organization": organization})
        stored = self._connections.get(organization, message.connection_id)
        if stored is None or not sees(entered.organization, stored.value, caller, entered.standing):
            raise NotFound("There is no such connection.")
        person = requester(entered.organization, stored.value, caller, document.get("requestedBy"))
        return self._accept.queued(message.model_copy(update={"requested_by": person})).stored.value
