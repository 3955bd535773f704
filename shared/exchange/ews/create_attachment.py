"""https://learn.microsoft.com/exchange/client-developer/web-service-reference/createattachment-operation"""

from exchangelib import services

from shared.domain.mail import DraftRef, OutgoingMail
from shared.errors import ConnectorError
from shared.exchange.ews.markup import element
from shared.exchange.ews.operation import Operation
from shared.exchange.ews.outgoing import attachment
from shared.exchange.ews.request_body import Placeholders


class CreateAttachment(Operation, services.CreateAttachment):  # type: ignore[misc]
    def attach(self, draft: DraftRef, mail: OutgoingMail) -> None:
        """All files of the mail; the draft has another change key afterwards."""
        files = Placeholders()
        payload = element(
            "m:CreateAttachment",
            element("m:ParentItemId", Id=draft.item_id, ChangeKey=draft.change_key or ""),
            element("m:Attachments", *(attachment(one, files) for one in mail.attachments)),
        )
        for result in self.results(payload, files):
            if isinstance(result, ConnectorError):
                raise result
