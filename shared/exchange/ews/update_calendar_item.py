"""https://learn.microsoft.com/exchange/client-developer/web-service-reference/updateitem-operation"""

from exchangelib import services

from shared.domain.appointment import AppointmentChange, AppointmentRef
from shared.exchange.ews import incoming_appointment
from shared.exchange.ews.markup import element, item_id
from shared.exchange.ews.operation import Operation, one
from shared.exchange.ews.outgoing_appointment import updates


class UpdateCalendarItem(Operation, services.UpdateItem):  # type: ignore[misc]
    """Where only attendees come and go, those who stay hear nothing of it."""

    def change(self, ref: AppointmentRef, change: AppointmentChange) -> AppointmentRef:
        told = "SendToChangedAndSaveCopy" if change.only_attendees else "SendToAllAndSaveCopy"
        payload = element(
            "m:UpdateItem",
            element("m:ItemChanges", element("t:ItemChange", item_id(ref.item_id), updates(change))),
            ConflictResolution="AlwaysOverwrite",
            MessageDisposition="SaveOnly",
            SendMeetingInvitationsOrCancellations=told if change.is_meeting else "SendToNone",
        )
        return incoming_appointment.ref(one(self.results(payload))[0])
