"""What an appointment costs at the server: requests, each counted as it arrived."""

from collections import Counter

import pytest

from shared.domain.appointment import Response
from tests.contract.calendars import calendars_of
from tests.integration.appointments.conftest import RealDiary


@pytest.fixture
def warm(diary: RealDiary) -> RealDiary:
    """The first visit finds out how the server wants to be spoken to."""
    diary.do(diary.send("warm", required=[]))
    assert diary.requests
    return diary


def test_making_changing_and_cancelling_are_one_request_each(warm: RealDiary) -> None:
    bob = warm.person("bob")
    makes, changes, cancels = (
        {"ews": names[0], "graph": names[1]}[warm.door]
        for names in (
            ("CreateItem", "POST /events"),
            ("UpdateItem", "PATCH /events/{id}"),
            ("CreateItem", "POST /events/{id}/cancel"),
        )
    )
    warm.do(warm.send(required=[bob]))
    assert warm.requests == Counter([makes])
    warm.do(warm.update(subject="Contract 7 a"))
    assert warm.requests == Counter([changes])
    warm.do(warm.cancel_it(comment="No."))
    assert warm.requests == Counter([cancels])


def test_after_an_answer_cancelling_is_two_requests_by_ews_and_one_by_graph(warm: RealDiary) -> None:
    bob = warm.person("bob")
    warm.do(warm.send(required=[bob]))
    calendars_of(warm.world).answer(bob, "Contract 7", Response.ACCEPTED)
    warm.tick(2)
    assert warm.requests
    warm.do(warm.cancel_it(comment="No."))
    assert warm.requests.total() == (2 if warm.door == "ews" else 1)


def test_files_cost_nothing_by_ews_and_by_graph_one_each_and_two(warm: RealDiary) -> None:
    files = [{"name": f"{n}.pdf", "contentType": "application/pdf", "contentBytes": "JVBERi0="} for n in range(2)]
    warm.do(warm.send(required=[warm.person("bob")], attachments=files))
    assert warm.requests.total() == (1 if warm.door == "ews" else 5)


def test_one_occurrence_is_two_requests(warm: RealDiary) -> None:
    series = {"pattern": {"type": "daily"}, "range": {"type": "noEnd"}}
    warm.do(warm.send(required=[warm.person("bob")], recurrence=series))
    assert warm.requests
    warm.do(warm.cancel_it(occurrence="2027-03-05"))
    assert warm.requests.total() == 2


def test_a_reply_is_three_requests_by_ews_and_two_by_graph_besides_finding_the_mail(warm: RealDiary) -> None:
    warm.world.deliver(warm.me, "Order 7", internet_message_id="<order-7@fabrikam.example>")
    order = warm.order("reply-7")
    order["parameters"] = {
        "body": {"content": "We agree."},
        "inReplyTo": {"internetMessageId": "<order-7@fabrikam.example>", "mode": "reply"},
    }
    warm.do(order)
    assert warm.action("reply-7").error is None
    found = warm.requests
    looked_for = found.pop("FindItem", 0) + found.pop("GET /messages", 0)
    assert (looked_for, found.total()) == (1, 3 if warm.door == "ews" else 2)
