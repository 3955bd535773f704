"""https://learn.microsoft.com/exchange/client-developer/web-service-reference/createitem-operation-calendar-item"""

from exchangelib import services

from shared.domain.appointment import AppointmentRef, OutgoingAppointment
from shared.exchange.ews import incoming_appointment
from shared.exchange.ews.markup import element, folder_element
from shared.exchange.ews.operation import Operation, one
from shared.exchange.ews.outgoing_appointment import calendar_item
from shared.exchange.ews.request_body import Placeholders


class CreateCalendarItem(Operation, services.CreateItem):  # type: ignore[misc]
    """Invitations go out with the same request."""

    def appointment(self, appointment: OutgoingAppointment) -> AppointmentRef:
        files = Placeholders()
        payload = element(
            "m:CreateItem",
            element("m:SavedItemFolderId", folder_element(self.visit.folder("calendar"))),
            element("m:Items", calendar_item(appointment, files)),
            SendMeetingInvitations="SendToAllAndSaveCopy" if appointment.attendees else "SendToNone",
        )
        return incoming_appointment.ref(one(self.results(payload, files))[0])
