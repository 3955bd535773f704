"""https://learn.microsoft.com/exchange/client-developer/web-service-reference/finditem-operation"""

from collections.abc import Sequence
from typing import Any

from exchangelib import services
from exchangelib.util import MNS, TNS

from shared.errors import ConnectorError
from shared.exchange.ews.markup import FolderRef, element, field, folder_element, shape
from shared.exchange.ews.operation import Operation


class FindItem(Operation, services.FindItem):  # type: ignore[misc]
    """Gives ids only: what FindItem says of senders and recipients is not complete."""

    element_container_name = f"{{{MNS}}}RootFolder"

    def ids(self, folders: Sequence[FolderRef], restriction: Any | None = None, *, count: int = 100) -> list[str]:
        """The newest first. Folders that are gone or closed to the account are passed over if there are several."""
        return [one for ids in self.ids_by_folder(folders, restriction, count=count) for one in ids]

    def ids_by_folder(
        self, folders: Sequence[FolderRef], restriction: Any | None = None, *, count: int = 100
    ) -> list[list[str]]:
        """For each folder its own."""
        newest = element("t:FieldOrder", field("item:DateTimeReceived"), Order="Descending")
        payload = element(
            "m:FindItem",
            shape(),
            element("m:IndexedPageItemView", MaxEntriesReturned=str(count), Offset="0", BasePoint="Beginning"),
            element("m:Restriction", restriction) if restriction is not None else None,
            element("m:SortOrder", newest),
            element("m:ParentFolderIds", *(folder_element(folder) for folder in folders)),
            Traversal="Shallow",
        )
        results = self.results(payload)
        if len(folders) == 1 and results and isinstance(results[0], ConnectorError):
            raise results[0]
        found = [[] if isinstance(one, ConnectorError) else list(one.iter(f"{{{TNS}}}ItemId")) for one in results]
        return [[one.get("Id") for one in items] for items in found]
