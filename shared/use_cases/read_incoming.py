"""A blob of an incoming mail, for whoever may read the organization's."""

from shared.domain.caller import Caller
from shared.domain.incoming import path_inside
from shared.domain.permissions import Operation
from shared.errors import NotFound
from shared.ports.blobs import Blobs
from shared.use_cases.organization_access import OrganizationAccess


class ReadIncoming:
    def __init__(self, *, enter: OrganizationAccess, blobs: Blobs) -> None:
        self._enter = enter
        self._blobs = blobs

    def __call__(self, caller: Caller, organization: str, rest: str) -> tuple[bytes, str]:
        """The bytes and their type. Raises NotFound, Forbidden."""
        self._enter(caller, organization, Operation.READ_INCOMING)
        path = path_inside(organization, rest)
        if path is None:
            raise NotFound("There is no such blob.")
        try:
            content = self._blobs.get(path)
        except NotFound:
            raise NotFound("There is no such blob.") from None
        return content, self._blobs.content_type(path) or "application/octet-stream"
