"""https://learn.microsoft.com/exchange/client-developer/web-service-reference/finditem-operation"""

from collections.abc import Sequence
from typing import Any

from exchangelib import services
from exchangelib.util import MNS, TNS

from shared.errors import ConnectorError
from shared.exchange.ews.markup import FolderRef, at_least, element, field, folder_element, shape
from shared.exchange.ews.operation import Operation, one
from shared.exchange.ews.properties import COPY_FIELDS, MARKER


class FindItem(Operation, services.FindItem):  # type: ignore[misc]
    """Gives ids, and little else: what FindItem says of senders and recipients is not complete."""

    element_container_name = f"{{{MNS}}}RootFolder"

    def ids(self, folders: Sequence[FolderRef], restriction: Any | None = None, *, count: int = 100) -> list[str]:
        """The last to arrive first. Folders that are gone or closed to the account are passed over if there are several."""
        results = self.results(_request(folders, shape(), restriction, "item:DateTimeReceived", count))
        if len(folders) == 1 and results and isinstance(results[0], ConnectorError):
            raise results[0]
        found = (items for items in results if not isinstance(items, ConnectorError))
        return [item.get("Id") for items in found for item in items.iter(f"{{{TNS}}}ItemId")]

    def copies(self, folder: FolderRef, since: str, *, count: int, skip: int) -> list[Any]:
        """What was sent since that instant, the newest first. The marker fits into the 255 characters that are given."""
        wanted, sent = shape(COPY_FIELDS, (MARKER,)), "item:DateTimeSent"
        items = one(self.results(_request([folder], wanted, at_least(field(sent), since), sent, count, skip)))
        return [] if items is None else list(items.find(f"{{{TNS}}}Items"))


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
