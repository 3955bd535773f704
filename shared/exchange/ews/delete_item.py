"""https://learn.microsoft.com/exchange/client-developer/web-service-reference/deleteitem-operation"""

from exchangelib import services

from shared.errors import ConnectorError
from shared.exchange.ews.markup import element, item_ids
from shared.exchange.ews.operation import Operation


class DeleteItem(Operation, services.DeleteItem):  # type: ignore[misc]
    def erase(self, identifier: str) -> None:
        """For good: not to Deleted Items. What is gone already is no error."""
        payload = element("m:DeleteItem", item_ids([(identifier, None)]), DeleteType="HardDelete")
        for result in self.results(payload):
            if isinstance(result, ConnectorError) and result.code != "item_not_found":
                raise result
