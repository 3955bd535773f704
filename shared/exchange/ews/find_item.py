"""https://learn.microsoft.com/exchange/client-developer/web-service-reference/finditem-operation"""

from collections.abc import Sequence
from typing import Any

from exchangelib import services
from exchangelib.util import MNS, TNS

from shared.domain.mail import DraftRef
from shared.errors import ConnectorError
from shared.exchange.ews import incoming
from shared.exchange.ews.markup import FolderRef, at_least, element, field, folder_element, shape
from shared.exchange.ews.operation import Operation, one
from shared.exchange.ews.properties import COPY_FIELDS, MARKER


class FindItem(Operation, services.FindItem):  # type: ignore[misc]
    """Gives ids, and little else: what FindItem says of senders and recipients is not complete."""

    element_container_name = f"{{{MNS}}}RootFolder"

    def ids(self, folders: Sequence[FolderRef], restriction: Any | None = None, *, count: int = 100) -> list[str]:
        """The newest first. Folders that are gone or closed to the account are passed over if there are several."""
        return [found for ids in self.ids_by_folder(folders, restriction, count=count) for found in ids]

    def ids_by_folder(
        self, folders: Sequence[FolderRef], restriction: Any | None = None, *, count: int = 100
    ) -> list[list[str]]:
        """For each folder its own."""
        found = self._found(folders, restriction, count, ())
        return [[item.get("Id") for items in some for item in items.iter(f"{{{TNS}}}ItemId")] for some in found]

    def subjects(self, folders: Sequence[FolderRef], restriction: Any) -> list[tuple[DraftRef, str]]:
        """Ids with their current change keys, and subjects."""
        found = self._found(folders, restriction, 10, ("item:Subject",))
        items = (item for some in found for items in some for item in items.iterfind(f"{{{TNS}}}Items/*"))
        return [(incoming.draft_ref(item), item.findtext(f"{{{TNS}}}Subject") or "") for item in items]

    def copies(self, folder: FolderRef, since: str, *, count: int, skip: int) -> list[Any]:
        """What was sent since that instant, the newest first. The marker fits into the 255 characters that are given."""
        sent = "item:DateTimeSent"
        results = self.results(
            _request([folder], shape(COPY_FIELDS, (MARKER,)), at_least(field(sent), since), sent, count, skip)
        )
        return list(one(results).iterfind(f"{{{TNS}}}Items/*"))

    def _found(
        self, folders: Sequence[FolderRef], restriction: Any | None, count: int, fields: Sequence[str]
    ) -> list[list[Any]]:
        """For each folder the element with its items, or nothing."""
        results = self.results(_request(folders, shape(fields), restriction, "item:DateTimeReceived", count))
        if len(folders) == 1 and results and isinstance(results[0], ConnectorError):
            raise results[0]
        return [[] if isinstance(items, ConnectorError) else [items] for items in results]


def _request(
    folders: Sequence[FolderRef], wanted: Any, restriction: Any | None, newest_by: str, count: int, skip: int = 0
) -> Any:
    return element(
        "m:FindItem",
        wanted,
        element("m:IndexedPageItemView", MaxEntriesReturned=str(count), Offset=str(skip), BasePoint="Beginning"),
        element("m:Restriction", restriction) if restriction is not None else None,
        element("m:SortOrder", element("t:FieldOrder", field(newest_by), Order="Descending")),
        element("m:ParentFolderIds", *(folder_element(folder) for folder in folders)),
        Traversal="Shallow",
    )
