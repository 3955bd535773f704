"""https://learn.microsoft.com/exchange/client-developer/web-service-reference/getitem-operation"""

from collections.abc import Iterable, Sequence
from typing import Any

from exchangelib import services

from shared.errors import ConnectorError
from shared.exchange.ews.markup import Extended, element, item_ids, shape
from shared.exchange.ews.operation import AT_ONCE, Operation
from shared.exchange.ews.streamed_content import stream_content
from shared.exchange.portions import portions


class GetItem(Operation, services.GetItem):  # type: ignore[misc]
    def items(
        self, ids: Sequence[str], fields: Sequence[str], extended: Iterable[Extended]
    ) -> list[Any | ConnectorError]:
        """One element or refusal for each id, in order."""
        wanted = tuple(extended)
        found: list[Any | ConnectorError] = []
        for portion in portions(ids, AT_ONCE):
            keys = item_ids((one, None) for one in portion)
            results = self.results(element("m:GetItem", shape(fields, wanted), keys))
            found += (one if isinstance(one, ConnectorError) else one[0] for one in results)
        return found

    def mime(self, identifier: str) -> Any:
        """The whole mail, in pieces."""
        payload = element("m:GetItem", shape(mime=True), item_ids([(identifier, None)]))
        return stream_content(self.visit.stream(self, payload), ("MimeContent",), "not_supported")
