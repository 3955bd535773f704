"""Who may what, in one place: pure rules over organizations, connections and persons."""

from shared.domain.connection import Connection
from shared.domain.organization import Organization
from shared.domain.person import listed, same_person


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
