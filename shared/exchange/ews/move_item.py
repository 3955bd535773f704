"""https://learn.microsoft.com/exchange/client-developer/web-service-reference/moveitem-operation"""

from collections.abc import Sequence

from exchangelib import services

from shared.errors import ConnectorError
from shared.exchange.ews.markup import FolderRef, element, folder_element, item_ids
from shared.exchange.ews.operation import Operation


class MoveItem(Operation, services.MoveItem):  # type: ignore[misc]
    def move(self, ids: Sequence[str], folder: FolderRef) -> list[ConnectorError | None]:
        target = element("m:ToFolderId", folder_element(folder))
        payload = element("m:MoveItem", target, item_ids((one, None) for one in ids))
        return [result if isinstance(result, ConnectorError) else None for result in self.results(payload)]
