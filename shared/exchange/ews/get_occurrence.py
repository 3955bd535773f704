"""https://learn.microsoft.com/exchange/client-developer/web-service-reference/occurrenceitemid"""

from datetime import datetime

from exchangelib import services

from shared.domain.appointment import AppointmentRef
from shared.exchange.ews import incoming_appointment
from shared.exchange.ews.markup import element, shape
from shared.exchange.ews.operation import Operation, one

_FIELDS = ("calendar:OriginalStart", "calendar:Start")


class GetOccurrence(Operation, services.GetItem):  # type: ignore[misc]
    def numbered(self, ref: AppointmentRef, number: int) -> tuple[AppointmentRef, datetime | None]:
        """Where it is, and the start that the series gives it. Raises Rejected ``item_not_found``."""
        identifier = element("t:OccurrenceItemId", RecurringMasterId=ref.item_id, InstanceIndex=str(number))
        payload = element("m:GetItem", shape(_FIELDS), element("m:ItemIds", identifier))
        item = one(self.results(payload))[0]
        return incoming_appointment.ref(item), incoming_appointment.original_start(item)
