"""Who may what, in one place: a table of operations and kinds of callers, and the rules about persons and connections."""

from enum import StrEnum

from shared.domain.caller import Caller
from shared.domain.connection import Connection
from shared.domain.organization import Organization
from shared.domain.person import listed, same_person
from shared.errors import Forbidden, Rejected


class Standing(StrEnum):
    """What a caller is to an organization; one may be several things, or nothing."""

    PLATFORM_ADMINISTRATOR = "platformAdministrator"
    ENGINE = "engine"
    ADMINISTRATOR = "administrator"
    MEMBER = "member"


class Operation(StrEnum):
    READ_ORGANIZATION = "readOrganization"
    WRITE_ORGANIZATION = "writeOrganization"
    CHANGE_ORGANIZATION = "changeOrganization"
    READ_STATUS = "readStatus"
    READ_CONNECTIONS = "readConnections"
    WRITE_CONNECTIONS = "writeConnections"
    TEST_CONNECTION = "testConnection"
    READ_WATCHES = "readWatches"
    WRITE_WATCHES = "writeWatches"
    SUBMIT_ACTION = "submitAction"
    READ_ACTIONS = "readActions"
    CHANGE_ACTIONS = "changeActions"
    READ_SURVEYS = "readSurveys"
    CLOSE_SURVEY = "closeSurvey"
    READ_APPOINTMENTS = "readAppointments"
    READ_INCOMING = "readIncoming"


_P, _E, _A, _M = Standing.PLATFORM_ADMINISTRATOR, Standing.ENGINE, Standing.ADMINISTRATOR, Standing.MEMBER

MAY: dict[Operation, frozenset[Standing]] = {
    Operation.READ_ORGANIZATION: frozenset({_P, _A, _M}),  # members see its name and whether it is switched on
    Operation.WRITE_ORGANIZATION: frozenset({_P}),
    Operation.CHANGE_ORGANIZATION: frozenset({_P, _A}),  # administrators: only ADMINISTRATORS_FIELDS
    Operation.READ_STATUS: frozenset({_P, _A}),
    Operation.READ_CONNECTIONS: frozenset({_P, _E, _A, _M}),  # members: those that they may use
    Operation.WRITE_CONNECTIONS: frozenset({_P, _A}),  # managedIdentity: platform administrators only
    Operation.TEST_CONNECTION: frozenset({_P, _A}),
    Operation.READ_WATCHES: frozenset({_P, _E, _A}),
    Operation.WRITE_WATCHES: frozenset({_P, _E, _A}),
    Operation.SUBMIT_ACTION: frozenset({_P, _E, _A, _M}),  # in whose name: ``requester``
    Operation.READ_ACTIONS: frozenset({_P, _E, _A, _M}),  # members: their own
    Operation.CHANGE_ACTIONS: frozenset({_P, _E, _A}),
    Operation.READ_SURVEYS: frozenset({_P, _E, _A}),
    Operation.CLOSE_SURVEY: frozenset({_P, _A}),
    Operation.READ_APPOINTMENTS: frozenset({_P, _E, _A}),
    Operation.READ_INCOMING: frozenset({_P, _E, _A}),
}
ADMINISTRATORS_FIELDS = frozenset({"displayName", "exchangeEnabled", "members"})
"""What an organization's own administrators may change of its record."""

SWITCHED_OFF_TOO = frozenset({Operation.READ_ORGANIZATION, Operation.WRITE_ORGANIZATION, Operation.CHANGE_ORGANIZATION})
"""What stays possible while the feature is switched off."""


def standings(caller: Caller, organization: Organization | None) -> frozenset[Standing]:
    """``None``: an organization that does not exist, where nobody is anything but by a role of the platform."""
    found = set[Standing]()
    if caller.is_administrator:
        found.add(Standing.PLATFORM_ADMINISTRATOR)
    if caller.is_engine:
        found.add(Standing.ENGINE)
    if organization:
        if any(listed(name, organization.administrators) for name in caller.names):
            found.add(Standing.ADMINISTRATOR)
        if any(listed(name, organization.members, patterns=True) for name in caller.names):
            found.add(Standing.MEMBER)
    return frozenset(found)


def allowed(operation: Operation, held: frozenset[Standing]) -> bool:
    return bool(MAY[operation] & held)


def sees_all(held: frozenset[Standing]) -> bool:
    """Whether every connection and action of the organization is there for the caller, not only his own."""
    return bool(held - {Standing.MEMBER})


def sees_whole(held: frozenset[Standing]) -> bool:
    """Whether records are shown in full, or as members see them."""
    return bool(held & {Standing.PLATFORM_ADMINISTRATOR, Standing.ADMINISTRATOR})


def may_use(organization: Organization, connection: Connection, person: str) -> bool:
    """May a process use the connection in this person's name?

    With authorized persons: one of them, or the creator. Without: whoever belongs to the organization, or the creator.
    """
    creators = (connection.created_by, connection.created_by_object_id or "")
    if any(same_person(person, creator) for creator in creators):
        return True
    if connection.authorized_persons:
        return listed(person, connection.authorized_persons)
    return listed(person, organization.administrators) or listed(person, organization.members, patterns=True)


def may_see(organization: Organization, connection: Connection, caller: Caller, held: frozenset[Standing]) -> bool:
    return sees_all(held) or any(may_use(organization, connection, name) for name in caller.names)


def requester(organization: Organization, connection: Connection, caller: Caller, written: str | None) -> str:
    """``requestedBy`` of what is asked for over HTTP: the person in whose name a process will use the connection.

    Raises Forbidden (another person than oneself), Rejected ``person_not_authorized``.
    """
    if written and not caller.is_person(written):
        if not (caller.is_administrator or caller.is_engine):
            raise Forbidden("Only platform administrators and the process engine may name another person.")
        candidates: tuple[str, ...] = (written,)
    else:
        # The connection may know the caller by name or by object id, whichever of them was written here.
        candidates = tuple(dict.fromkeys(filter(None, (written, *caller.names))))
    for person in candidates:
        if may_use(organization, connection, person):
            return person
    raise Rejected("person_not_authorized", f"{candidates[0]} may not use this connection.", field="requestedBy")
