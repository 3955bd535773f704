"""An action that comes over HTTP: the caller's own words and rights checked, then accepted like any other."""

from typing import Any

from shared.domain.action import Action
from shared.domain.caller import Caller
from shared.domain.connection import Connection
from shared.domain.permissions import Operation, Standing, caller_may_use, may_use, names_others
from shared.errors import FieldError, Forbidden, InvalidRequest, NotFound
from shared.ports import Records
from shared.use_cases.accept_action import AcceptAction, read_message
from shared.use_cases.organization_access import Entered, OrganizationAccess


class SubmitAction:
    def __init__(self, *, enter: OrganizationAccess, connections: Records[Connection], accept: AcceptAction) -> None:
        self._enter = enter
        self._connections = connections
        self._accept = accept

    def __call__(self, caller: Caller, organization: str, document: dict[str, Any]) -> Action:
        """Raises InvalidRequest, NotFound, Forbidden, Conflict ``action_id_reused``."""
        entered = self._enter(caller, organization, Operation.SUBMIT_ACTIONS)
        if document.get("organization", organization) != organization:
            raise InvalidRequest([FieldError("organization", "must be the one of the path, or left out")])
        message = read_message({"requestedBy": caller.person, **document, "organization": organization})
        connection = self._connections.get(organization, message.connection_id)
        if connection is None or not _visible(entered, connection.value):
            raise NotFound("There is no such connection.")
        if not names_others(entered.standing) and not caller.is_person(message.requested_by):
            raise Forbidden("Only the process engine and platform administrators name another person in requestedBy.")
        if not _person_may(entered, connection.value, message.requested_by):
            raise Forbidden(f"{message.requested_by} may not use this connection.")
        return self._accept.queued(message).stored.value


def _visible(entered: Entered, connection: Connection) -> bool:
    return entered.standing is not Standing.MEMBER or caller_may_use(entered.organization, connection, entered.caller)


def _person_may(entered: Entered, connection: Connection, person: str) -> bool:
    if entered.caller.is_person(person):
        return caller_may_use(entered.organization, connection, entered.caller)
    return may_use(entered.organization, connection, person)
