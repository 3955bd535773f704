"""https://learn.microsoft.com/exchange/client-developer/web-service-reference/syncfolderitems-operation"""

from typing import Any

from exchangelib import services
from exchangelib.services.common import EWSAccountService
from exchangelib.util import MNS, TNS

from shared.domain.mail import Changes
from shared.errors import NotNow, Rejected
from shared.exchange.ews import incoming
from shared.exchange.ews.markup import FolderRef, element, folder_element, shape
from shared.exchange.ews.operation import Operation, one
from shared.exchange.ews.properties import HEAD_FIELDS, HEAD_PROPERTIES
from shared.ports.mailbox import CursorLost

_CREATE = f"{{{TNS}}}Create"


class SyncFolderItems(Operation, services.SyncFolderItems):  # type: ignore[misc]
    """Arrivals only: what was changed, read or deleted is of no interest here."""

    def arrivals(self, folder_id: str, cursor: str | None, limit: int) -> Changes:
        payload = element(
            "m:SyncFolderItems",
            shape(HEAD_FIELDS, HEAD_PROPERTIES),
            element("m:SyncFolderId", folder_element(FolderRef(folder_id))),
            element("m:SyncState", text=cursor) if cursor else None,
            element("m:MaxChangesReturned", text=str(limit)),
        )
        message = one(self.results(payload))
        created = (change[0] for change in message.iterfind(f"{{{MNS}}}Changes/{_CREATE}"))
        return Changes(
            arrivals=tuple(incoming.head(item) for item in created),
            cursor=message.findtext(f"{{{MNS}}}SyncState") or "",
            more=message.findtext(f"{{{MNS}}}IncludesLastItemInRange") not in {"true", "1"},
        )

    def _get_element_container(self, message: Any, name: str | None = None) -> Any:
        code = message.findtext(f"{{{MNS}}}ResponseCode")
        if code == "ErrorInvalidSyncStateData":
            raise CursorLost
        if code == "ErrorItemNotFound":  # a folder's id that leads nowhere
            raise Rejected("folder_not_found", "The folder is no longer there.")
        if code != "NoError":
            # the class between insists on a sync state, which a refusal does not have
            return EWSAccountService._get_element_container(self, message, name)  # noqa: SLF001
        if not message.findtext(f"{{{MNS}}}SyncState"):
            raise NotNow("server_busy", "The server gave no sync state.")
        return message
