"""https://learn.microsoft.com/exchange/client-developer/web-service-reference/senditem-operation"""

from collections.abc import Sequence

from exchangelib import services

from shared.domain.mail import DraftRef
from shared.errors import ConnectorError
from shared.exchange.ews.markup import boolean, element, folder_element, item_ids
from shared.exchange.ews.operation import Operation


class SendItem(Operation, services.SendItem):  # type: ignore[misc]
    """The copy goes to the Sent Items of the visited mailbox: without being told, Exchange takes the account's own."""

    def send(self, drafts: Sequence[DraftRef], *, keep_copy: bool) -> list[ConnectorError | None]:
        target = element("m:SavedItemFolderId", folder_element(self.visit.folder("sentitems"))) if keep_copy else None
        ids = item_ids((draft.item_id, draft.change_key) for draft in drafts)
        payload = element("m:SendItem", ids, target, SaveItemToFolder=boolean(keep_copy))
        return [result if isinstance(result, ConnectorError) else None for result in self.results(payload)]
