"""Who may what, in one place: pure rules over organizations, connections and persons.

Above all stands the wall: whoever has no standing in an organization does not learn that it exists.
"""

from enum import StrEnum

from shared.domain.caller import Caller
from shared.domain.connection import Connection
from shared.domain.organization import Organization
from shared.domain.person import listed, same_person
from shared.errors import Forbidden, Rejected


class Standing(StrEnum):
    """What a caller is to an organization; one who is several is the first of these."""

    ADMINISTRATOR = "administrator"
    ORGANIZATION_ADMINISTRATOR = "organizationAdministrator"
    ENGINE = "engine"
    MEMBER = "member"
    STRANGER = "stranger"


class Operation(StrEnum):
    READ_ORGANIZATION = "readOrganization"
    PUT_ORGANIZATION = "putOrganization"
    PATCH_ORGANIZATION = "patchOrganization"
    DELETE_ORGANIZATION = "deleteOrganization"
    READ_STATUS = "readStatus"
    READ_CONNECTIONS = "readConnections"
    MANAGE_CONNECTIONS = "manageConnections"
    USE_MANAGED_IDENTITY = "useManagedIdentity"
    SUBMIT_ACTIONS = "submitActions"
    READ_ACTIONS = "readActions"
    CHANGE_ACTIONS = "changeActions"
    READ_WATCHES = "readWatches"
    MANAGE_WATCHES = "manageWatches"
    READ_SURVEYS = "readSurveys"
    CLOSE_SURVEYS = "closeSurveys"
    READ_APPOINTMENTS = "readAppointments"
    READ_INCOMING = "readIncoming"


_PLATFORM = frozenset({Standing.ADMINISTRATOR})
_ORGANIZATION = _PLATFORM | {Standing.ORGANIZATION_ADMINISTRATOR}
_PROCESSES = _ORGANIZATION | {Standing.ENGINE}
_EVERYBODY_INSIDE = _PROCESSES | {Standing.MEMBER}

MAY: dict[Operation, frozenset[Standing]] = {
    Operation.READ_ORGANIZATION: _EVERYBODY_INSIDE,
    Operation.PUT_ORGANIZATION: _PLATFORM,
    Operation.PATCH_ORGANIZATION: _ORGANIZATION,
    Operation.DELETE_ORGANIZATION: _PLATFORM,
    Operation.READ_STATUS: _ORGANIZATION,
    Operation.READ_CONNECTIONS: _EVERYBODY_INSIDE,
    Operation.MANAGE_CONNECTIONS: _ORGANIZATION,
    Operation.USE_MANAGED_IDENTITY: _PLATFORM,
    Operation.SUBMIT_ACTIONS: _EVERYBODY_INSIDE,
    Operation.READ_ACTIONS: _EVERYBODY_INSIDE,
    Operation.CHANGE_ACTIONS: _PROCESSES,
    Operation.READ_WATCHES: _PROCESSES,
    Operation.MANAGE_WATCHES: _PROCESSES,
    Operation.READ_SURVEYS: _PROCESSES,
    Operation.CLOSE_SURVEYS: _ORGANIZATION,
    Operation.READ_APPOINTMENTS: _PROCESSES,
    Operation.READ_INCOMING: _PROCESSES,
}


def standing(caller: Caller, organization: Organization) -> Standing:
    """Administrators and the engine have theirs from their role, everybody else from the organization's lists."""
    if caller.is_administrator:
        return Standing.ADMINISTRATOR
    if any(listed(person, organization.administrators) for person in caller.names):
        return Standing.ORGANIZATION_ADMINISTRATOR
    if caller.is_engine:
        return Standing.ENGINE
    if any(listed(person, organization.members, patterns=True) for person in caller.names):
        return Standing.MEMBER
    return Standing.STRANGER


def sees_in_full(who: Standing) -> bool:
    """Whether an organization and its connections are shown with all their fields."""
    return who in _ORGANIZATION


def may_use(organization: Organization, connection: Connection, person: str) -> bool:
    """May a process use the connection in this person's name?

    With authorized persons: one of them, or the creator. Without: whoever belongs to the organization, or the creator.
    """
    if any(same_person(person, creator) for creator in (connection.created_by, connection.created_by_object_id or "")):
        return True
    if connection.authorized_persons:
        return listed(person, connection.authorized_persons)
    return listed(person, organization.administrators) or listed(person, organization.members, patterns=True)


def caller_may_use(organization: Organization, connection: Connection, caller: Caller) -> bool:
    """By name or by object id: persons are written down either way."""
    return any(may_use(organization, connection, person) for person in caller.names)


def sees(organization: Organization, connection: Connection, caller: Caller, who: Standing) -> bool:
    """Members: only connections that they may use; the others are not there for them."""
    return who is not Standing.MEMBER or caller_may_use(organization, connection, caller)


def sees_action(caller: Caller, who: Standing, requested_by: str) -> bool:
    """Members: only actions in their own name."""
    return who is not Standing.MEMBER or caller.is_person(requested_by)


def requester(organization: Organization, connection: Connection, caller: Caller, written: str | None) -> str:
    """``requestedBy`` of what is asked for over HTTP: by default the caller, by whichever name the connection knows him.

    Raises Forbidden (another person than oneself), Rejected ``person_not_authorized``.
    """
    if written and not caller.is_person(written):
        if not (caller.is_administrator or caller.is_engine):
            raise Forbidden("Only platform administrators and the process engine name another person in requestedBy.")
        candidates: tuple[str, ...] = (written,)
    else:
        candidates = tuple(dict.fromkeys(filter(None, (written, *caller.names))))
    for person in candidates:
        if may_use(organization, connection, person):
            return person
    raise Rejected("person_not_authorized", f"{candidates[0]} may not use this connection.", field="requestedBy")
