"""Which copies in Sent Items are of mails that an action sent."""

import pytest

from shared.exchange.marker import of_mail

MARKER = "contoso/order-4711//0123456789abcdef"


@pytest.mark.parametrize("item_class", ["IPM.Note", "IPM.Note.SMIME", ""])
def test_a_mail_has_the_marker_that_it_was_drafted_with(item_class: str) -> None:
    assert of_mail(MARKER, item_class) == MARKER
    assert of_mail(None, item_class) == ""


@pytest.mark.parametrize("item_class", ["IPM.Schedule.Meeting.Request", "ipm.schedule.meeting.canceled"])
def test_an_invitation_tells_nothing_whose_message_id_the_server_made(item_class: str) -> None:
    assert of_mail(MARKER, item_class) == ""
