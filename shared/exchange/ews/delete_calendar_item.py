"""https://learn.microsoft.com/exchange/client-developer/web-service-reference/deleteitem-operation"""

from exchangelib import services

from shared.errors import ConnectorError
from shared.exchange.ews.markup import element, item_ids
from shared.exchange.ews.operation import Operation


class DeleteCalendarItem(Operation, services.DeleteItem):  # type: ignore[misc]
    """Of an appointment that nobody was invited to: nobody hears of it. A meeting is cancelled instead."""

    def throw_away(self, identifier: str) -> None:
        """Raises Rejected ``item_not_found``."""
        payload = element(
            "m:DeleteItem",
            item_ids([(identifier, None)]),
            DeleteType="MoveToDeletedItems",
            SendMeetingCancellations="SendToNone",
        )
        for result in self.results(payload):
            if isinstance(result, ConnectorError):
                raise result
