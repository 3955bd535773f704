"""https://learn.microsoft.com/exchange/client-developer/web-service-reference/updateitem-operation"""

from collections.abc import Iterator, Sequence
from typing import Any

from exchangelib import services

from shared.domain.mail import Touch
from shared.errors import ConnectorError
from shared.exchange.ews.markup import element, field, item_id
from shared.exchange.ews.operation import Operation


class UpdateItem(Operation, services.UpdateItem):  # type: ignore[misc]
    """Marks and categorizes; the sender gets no read receipt for what a process did (from Exchange 2013 SP1 on)."""

    def mark(self, touches: Sequence[Touch]) -> list[ConnectorError | None]:
        changes = (
            element("t:ItemChange", item_id(touch.mail_id), element("t:Updates", *_updates(touch))) for touch in touches
        )
        suppress = {} if (self.visit.api_version or "").startswith("Exchange2010") else {"SuppressReadReceipts": "true"}
        payload = element(
            "m:UpdateItem",
            element("m:ItemChanges", *changes),
            MessageDisposition="SaveOnly",
            ConflictResolution="AlwaysOverwrite",
            **suppress,
        )
        return [result if isinstance(result, ConnectorError) else None for result in self.results(payload)]


def _updates(touch: Touch) -> Iterator[Any]:
    if touch.mark_as_read:
        read = element("t:Message", element("t:IsRead", text="true"))
        yield element("t:SetItemField", field("message:IsRead"), read)
    if touch.add_category:
        names = dict.fromkeys((*touch.keep_categories, touch.add_category))
        categories = element("t:Categories", *(element("t:String", text=name) for name in names))
        yield element("t:SetItemField", field("item:Categories"), element("t:Message", categories))
