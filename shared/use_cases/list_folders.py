"""The folders of a connection's mailbox, for whoever makes a watch. Reads their names and nothing else."""

from shared.domain.caller import Caller
from shared.domain.connection import Connection
from shared.domain.permissions import Operation
from shared.errors import NotFound
from shared.ports.records import Records
from shared.use_cases.mailbox_access import MailboxAccess
from shared.use_cases.organization_access import OrganizationAccess


class ListFolders:
    def __init__(self, *, enter: OrganizationAccess, connections: Records[Connection], access: MailboxAccess) -> None:
        self._enter = enter
        self._connections = connections
        self._access = access

    def __call__(self, caller: Caller, organization: str, connection_id: str) -> list[str]:
        """Paths in alphabetical order. Raises NotFound, Forbidden, Rejected ``connection_suspended``, NotNow."""
        self._enter(caller, organization, Operation.MANAGE_WATCHES)
        stored = self._connections.get(organization, connection_id)
        if stored is None:
            raise NotFound("There is no such connection.")
        with self._access.open(stored) as mailbox:
            return sorted((folder.path for folder in mailbox.folders()), key=str.casefold)
