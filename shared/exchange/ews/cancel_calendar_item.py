"""https://learn.microsoft.com/exchange/client-developer/web-service-reference/cancelcalendaritem"""

from exchangelib import services

from shared.domain.appointment import AppointmentRef
from shared.errors import ConnectorError
from shared.exchange.ews.markup import element, folder_element
from shared.exchange.ews.operation import Operation


class CancelCalendarItem(Operation, services.CreateItem):  # type: ignore[misc]
    """A response object: it needs the current change key, and moves the appointment to Deleted Items."""

    def cancel(self, ref: AppointmentRef, comment: str) -> None:
        """Raises ItemChanged, Rejected ``not_organizer``, ``item_not_found``."""
        reference = element("t:ReferenceItemId", Id=ref.item_id, ChangeKey=ref.change_key or "")
        words = element("t:NewBodyContent", text=comment, BodyType="Text") if comment else None
        payload = element(
            "m:CreateItem",
            element("m:SavedItemFolderId", folder_element(self.visit.folder("sentitems"))),
            element("m:Items", element("t:CancelCalendarItem", reference, words)),
            MessageDisposition="SendAndSaveCopy",
        )
        for result in self.results(payload):
            if isinstance(result, ConnectorError):
                raise result
