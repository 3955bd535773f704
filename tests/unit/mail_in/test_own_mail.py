"""What the connector sent itself, and what comes back to it: own mail, automatic replies, answers, bounces."""

from datetime import timedelta

import pytest

from shared.domain.watched_folder import folder_key
from tests.unit.mail_in.office import Office


@pytest.fixture
def office() -> Office:
    return Office()


def test_automatic_replies_start_nothing_unless_they_are_asked_for(office: Office) -> None:
    strict = office.watch()
    lenient = office.watch(ignoreAutomatic=False, processId="all")
    office.tick()
    office.anna.deliver("Out of office", headers=[("Auto-Submitted", "auto-replied")])
    office.anna.deliver("A person", headers=[("X-Auto-Response-Suppress", "None")])
    office.tick()
    assert office.verdicts(strict) == {"Out of office": "special", "A person": "started"}
    assert office.verdicts(lenient) == {"Out of office": "started", "A person": "started"}


def test_own_mail_starts_nothing_and_mail_of_another_connection_does(office: Office) -> None:
    watch = office.watch()
    kim = office.connect("kim@fabrikam.example", "Red-17", 2)
    office.tick()
    office.put(office.order("to-myself", parameters={"to": ["anna@contoso.example"], "subject": "Own"}))
    office.put(
        office.order(
            "from-kim",
            connectionId=kim,
            requestedBy="anna@contoso.example",
            parameters={"to": ["anna@contoso.example"], "subject": "From Kim"},
        )
    )
    office.run(hours=1)
    office.tick(2)
    assert office.verdicts(watch) == {"Own": "special", "From Kim": "started"}


def test_an_answer_carries_the_action_that_it_answers(office: Office) -> None:
    office.watch()
    office.tick()
    office.put(office.order())
    office.run(hours=1)
    (sent,) = office.anna.within("Sent Items")
    office.anna.deliver("RE: Your order 4711", headers=[("In-Reply-To", sent.head.internet_message_id)])
    office.tick()
    data = office.outbox.starts[0].data or {}
    assert data["inReplyTo"] == {"actionId": "order-4711", "correlation": {"processInstanceId": "4711"}}


def test_a_bounce_of_our_mail_is_told_with_recipient_and_reason(office: Office) -> None:
    watch = office.watch()
    office.tick()
    office.put(office.order())
    office.run(hours=1)
    (sent,) = office.anna.within("Sent Items")
    report = (
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
        "Final-Recipient: rfc822; kim@fabrikam.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 unknown user\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        f"Message-ID: {sent.head.internet_message_id}\r\nSubject: x\r\n\r\n\r\n--b--\r\n"
    )
    headers = [("MIME-Version", "1.0"), ("Content-Type", 'multipart/report; report-type=delivery-status; boundary="b"')]
    office.anna.deliver(
        "Undeliverable",
        body=report,
        headers=headers,
        item_class="REPORT.IPM.Note.NDR",
        sender="postmaster@contoso.example",
    )
    office.tick()
    bounced = [event for event in office.outbox.events if event.type == "exchange.email.bounced"]
    assert len(bounced) == 1
    data = bounced[0].data or {}
    assert (data["actionId"], data["recipient"]) == ("order-4711", "kim@fabrikam.example")
    assert "unknown user" in data["reason"]
    assert office.verdicts(watch) == {"Undeliverable": "special"}


def test_the_inbox_is_checked_without_a_watch_while_bounces_may_come(office: Office) -> None:
    until = office.clock.now() + timedelta(days=7)
    office.folders.await_answers("contoso", office.connection_id, until)
    office.tick()
    office.exchange.calls.clear()
    office.tick(20)
    assert 2 <= office.exchange.calls["changes"] <= 6
    office.clock.set(until + timedelta(minutes=11))
    office.tick(3)
    assert office.folder_rows.get("contoso", folder_key(office.connection_id, "Inbox")) is None
    assert office.due.entries == []
