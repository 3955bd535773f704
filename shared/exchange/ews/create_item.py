"""https://learn.microsoft.com/exchange/client-developer/web-service-reference/createitem-operation"""

from collections.abc import Sequence
from typing import Any

from exchangelib import services

from shared.domain.mail import Address, DraftRef, OutgoingMail
from shared.errors import ConnectorError
from shared.exchange.ews import incoming, outgoing
from shared.exchange.ews.markup import element, folder_element
from shared.exchange.ews.operation import Operation
from shared.exchange.ews.request_body import Placeholders


class CreateItem(Operation, services.CreateItem):  # type: ignore[misc]
    """Drafts with everything in them, attachments too: one request for all."""

    def drafts(self, mails: Sequence[OutgoingMail], sender: Address | None) -> list[DraftRef | ConnectorError]:
        """``sender``: in whose name mails go that name nobody."""
        files = Placeholders()
        messages = [outgoing.message(mail, mail.sender or sender, files) for mail in mails]
        payload = element(
            "m:CreateItem",
            element("m:SavedItemFolderId", folder_element(self.visit.folder("drafts"))),
            element("m:Items", *messages),
            MessageDisposition="SaveOnly",
        )
        return [self._ref(result) for result in self.results(payload, files)]

    def _ref(self, result: Any) -> DraftRef | ConnectorError:
        return result if isinstance(result, ConnectorError) else incoming.draft_ref(result[0])
