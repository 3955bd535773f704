"""Transport that gives mails other Message-IDs than they were drafted with: answers, bounces and own mail are known all the same."""

from datetime import timedelta

import pytest

from shared.domain.action import Action, ActionState, ActionView, outcome_event
from shared.domain.alias import VERIFY_EVERY, alias_key
from shared.domain.caller import Caller, Role
from shared.domain.etag import IfMatch
from shared.domain.organization_view import OrganizationInput
from shared.domain.stamp import read_marker, stamp
from shared.errors import NotNow, Rejected
from shared.use_cases.await_bounces import BOUNCES_COME_WITHIN
from shared.use_cases.manage_organizations import ManageOrganizations
from shared.use_cases.organization_access import OrganizationAccess
from shared.use_cases.sweep_aliases import SweepAliases
from tests.fakes.exchange import FakeItem
from tests.unit.mail_in.office import Office
from tests.unit.mail_in.test_sweeping import Free

ADMINISTRATOR = Caller("11111111-1111-4111-8111-111111111111", "anna@contoso.example", frozenset({Role.ADMINISTRATOR}))


@pytest.fixture
def office() -> Office:
    """Its Inbox is watched, and its transport rewrites."""
    office = Office()
    office.anna.rewrites_message_ids = True
    office.watch()
    office.tick()
    return office


def send(office: Office, action_id: str = "order-4711", **parameters: object) -> FakeItem:
    """The copy in Sent Items, as transport left it."""
    office.folders.await_answers("contoso", office.connection_id, office.clock.now() + BOUNCES_COME_WITHIN)
    office.put(office.order(action_id, parameters=parameters))
    office.run(hours=1)
    return office.anna.within("Sent Items")[-1]


def answer(office: Office, sent: FakeItem, subject: str = "RE: Your order 4711") -> None:
    office.anna.deliver(subject, headers=[("In-Reply-To", sent.head.internet_message_id)])


def in_reply_to(office: Office) -> list[str | None]:
    found = [(event.data or {}).get("inReplyTo") for event in office.outbox.starts]
    return [one["actionId"] if one else None for one in found]


def looks(office: Office) -> int:
    return office.exchange.calls["sent_since"]


def test_an_answer_that_came_before_the_first_look_finds_its_action(office: Office) -> None:
    sent = send(office)
    answer(office, sent)
    office.tick()
    assert in_reply_to(office) == ["order-4711"]
    assert (office.outbox.starts[0].data or {})["inReplyTo"]["correlation"] == {"processInstanceId": "4711"}
    assert looks(office) == 1


def test_an_answer_that_names_its_ancestors_only_finds_its_action_too(office: Office) -> None:
    sent = send(office)
    thread = f"<first@fabrikam.example> {sent.head.internet_message_id} <last@fabrikam.example>"
    office.anna.deliver("RE: RE: Your order 4711", headers=[("References", thread)])
    office.tick()
    assert in_reply_to(office) == ["order-4711"]


def test_own_mail_to_oneself_starts_nothing(office: Office) -> None:
    send(office, to=["anna@contoso.example"], subject="Own")
    office.tick()
    assert office.started() == []
    assert [entry.verdict for entry in office.ledger.entries(next(iter(office.watches.everywhere())).key)] == [
        "special"
    ]


def test_a_bounce_in_the_same_minute_is_told(office: Office) -> None:
    sent = send(office)
    report = (
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
        "Final-Recipient: rfc822; kim@fabrikam.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {sent.head.internet_message_id}\r\n\r\n\r\n--b--\r\n"
    )
    office.anna.deliver(
        "Undeliverable",
        body=report,
        headers=[("MIME-Version", "1.0"), ("Content-Type", 'multipart/report; boundary="b"')],
        item_class="REPORT.IPM.Note.NDR",
    )
    office.tick()
    bounced = [event for event in office.outbox.events if event.type == "exchange.email.bounced"]
    assert [(event.data or {})["actionId"] for event in bounced] == ["order-4711"]


def test_the_action_shows_the_id_that_transport_gave_and_its_event_stays_the_same(office: Office) -> None:
    sent = send(office)
    before = office.action()
    assert (before.result or {})["internetMessageId"] != sent.head.internet_message_id
    office.tick()
    after = office.action()
    assert (ActionView.of(after).result or {})["internetMessageId"] == sent.head.internet_message_id
    assert outcome_event(after) == outcome_event(before)


def test_an_answer_in_another_mailbox_of_the_organization_finds_its_action(office: Office) -> None:
    kim = office.connect("kim@fabrikam.example", "Red-17", 2)
    office.watch(connectionId=kim, processId="kim")
    office.tick()
    sent = send(office)
    office.tick()
    office.kim.deliver("RE: to the other address", headers=[("In-Reply-To", sent.head.internet_message_id)])
    office.tick()
    told = {
        (event.data or {})["mail"]["subject"]: (event.data or {}).get("inReplyTo") for event in office.outbox.starts
    }
    assert told["RE: to the other address"]["actionId"] == "order-4711"


def test_where_transport_keeps_our_ids_it_is_looked_at_once_a_day_and_nothing_else_is_asked(office: Office) -> None:
    office.anna.rewrites_message_ids = False
    sent = send(office)
    office.tick()
    assert looks(office) == 1
    office.exchange.calls.clear()
    answer(office, sent)
    office.tick(20)
    assert in_reply_to(office) == ["order-4711"]
    assert looks(office) == 0
    assert not office.aliases.calls
    office.clock.advance(VERIFY_EVERY)
    office.tick(20)
    assert looks(office) == 1


def test_a_mailbox_that_sends_nothing_is_never_asked_for_copies(office: Office) -> None:
    for number in range(3):
        office.anna.deliver(f"Order {number}")
        office.tick()
    assert len(office.started()) == 3
    assert looks(office) == 0
    assert not office.aliases.calls


def test_where_it_rewrites_a_check_with_mails_costs_one_request_for_each_hundred_copies(office: Office) -> None:
    send(office)
    office.tick()
    for number in range(250):
        office.put(office.order(f"many-{number}"))
    office.run(hours=1)
    office.exchange.calls.clear()
    office.anna.deliver("Anything")
    office.tick()
    assert looks(office) == 3
    assert len(list(office.aliases.everywhere())) == 251
    office.clock.advance(timedelta(minutes=15))
    office.tick()
    office.exchange.calls.clear()
    office.aliases.calls.clear()
    office.tick(5)
    assert looks(office) == 1
    assert not office.aliases.calls


def test_that_transport_begins_to_rewrite_is_found_out_within_a_day_with_all_that_it_rewrote(office: Office) -> None:
    office.anna.rewrites_message_ids = False
    send(office)
    office.tick()
    office.anna.rewrites_message_ids = True
    sent = send(office, "order-4712")
    office.tick()
    answer(office, sent, "Too early")
    office.tick()
    office.clock.advance(VERIFY_EVERY)
    answer(office, sent, "Known")
    office.tick()
    assert in_reply_to(office) == [None, "order-4712"]


def test_that_transport_no_longer_rewrites_is_believed_after_a_day(office: Office) -> None:
    send(office)
    office.tick()
    office.anna.rewrites_message_ids = False
    office.clock.advance(VERIFY_EVERY)
    send(office, "order-4712")
    office.tick()
    office.exchange.calls.clear()
    office.anna.deliver("Anything")
    office.tick()
    assert looks(office) == 0


def test_an_action_still_at_work_is_left_alone_and_told_when_it_has_ended(office: Office) -> None:
    sent = send(office)
    stored = office.actions.get("contoso", "order-4711")
    assert stored
    ended: Action = stored.value
    stored = office.actions.replace(
        stored, ended.model_copy(update={"state": ActionState.RUNNING, "finished_at": None})
    )
    office.tick()
    unchanged = office.actions.get("contoso", "order-4711")
    assert unchanged
    assert unchanged.version == stored.version
    assert office.aliases.get("contoso", alias_key(sent.head.internet_message_id))
    office.actions.replace(stored, ended)
    office.tick(6)
    assert office.action().internet_message_id == sent.head.internet_message_id


def test_a_server_that_is_away_puts_off_the_judgement_and_nothing_is_lost(office: Office) -> None:
    answer(office, send(office))
    office.exchange.fail_on("sent_since", NotNow("server_busy", "Later."))
    office.tick()
    assert office.outbox.starts == []
    office.tick(3)
    assert in_reply_to(office) == ["order-4711"]


def test_sent_items_that_cannot_be_read_hold_up_no_mail(office: Office) -> None:
    answer(office, send(office))
    office.exchange.fail_on("sent_since", Rejected("permission_missing", "The account may not read Sent Items."))
    office.tick()
    assert office.started() == ["RE: Your order 4711"]


def test_a_mail_without_a_copy_leaves_nothing_to_read(office: Office) -> None:
    office.folders.await_answers("contoso", office.connection_id, office.clock.now() + BOUNCES_COME_WITHIN)
    office.put(office.order(parameters={"saveToSentItems": False}))
    office.run(hours=1)
    office.tick()
    assert looks(office) == 1
    assert not list(office.aliases.everywhere())
    assert office.action().internet_message_id is None


def test_aliases_go_with_the_journals_retention(office: Office) -> None:
    month = timedelta(days=30)
    sweep = SweepAliases(
        organizations=office.organizations, aliases=office.aliases, leases=Free(), clock=office.clock, retention=month
    )
    send(office)
    office.tick()
    office.clock.advance(timedelta(days=20))
    send(office, "order-4712")
    office.tick(6)
    assert sweep() == 0
    office.clock.advance(timedelta(days=11))
    assert sweep() == 1
    assert [stored.value.action_id for stored in office.aliases.everywhere()] == ["order-4712"]


def test_people_who_change_the_organization_do_not_make_it_forget(office: Office) -> None:
    send(office)
    office.tick()
    manage = ManageOrganizations(
        enter=OrganizationAccess(organizations=office.organizations),
        organizations=office.organizations,
        clock=office.clock,
    )
    manage.put(ADMINISTRATOR, "contoso", OrganizationInput(display_name="Renamed", exchange_enabled=True), IfMatch())
    stored = office.organizations.get("contoso", "contoso")
    assert stored
    assert stored.value.display_name == "Renamed"
    assert stored.value.rewritten_message_ids
    shown, _ = manage.read(ADMINISTRATOR, "contoso")
    assert "rewritten_message_ids" not in type(shown).model_fields


def test_only_a_marker_of_this_installation_is_read() -> None:
    made = stamp("test", "contoso", "order-4711", "anna@contoso.example", part="kim").marker
    assert read_marker("test", made) == ("contoso", "order-4711", "kim")
    assert read_marker("another", made) is None
    for strange in ("", "/", "contoso/order-4711", made[:-1], made + "ö", "a/b/c/d"):
        assert read_marker("test", strange) is None
