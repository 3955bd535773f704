"""Starts that go to a webhook: signed, retried, given up, and in nobody's way."""

from datetime import timedelta

import pytest

from shared.errors import InvalidRequest, NotNow, Rejected
from tests.unit.mail_in.office import CALLER, HOOK, SECRET, Office

OTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


@pytest.fixture
def office() -> Office:
    return Office()


def to_webhook(url: str = HOOK, secret: str = SECRET) -> dict[str, str]:
    return {"type": "webhook", "url": url, "secret": secret}


def test_a_start_goes_to_the_webhook_with_the_watchs_secret(office: Office) -> None:
    watch = office.watch(deliver=to_webhook(), afterwards={"markAsRead": True})
    office.tick()
    office.anna.deliver("Order")
    office.tick()
    ((url, event, secrets),) = office.webhook.taken
    assert (url, event.type, secrets) == (HOOK, "exchange.email.received", (SECRET,))
    assert office.totals(watch).started == 1
    assert office.anna.within("Inbox")[0].head.is_read


def test_a_secret_is_nowhere_but_in_the_vault(office: Office) -> None:
    watch = office.watch(deliver=to_webhook())
    office.tick()
    assert SECRET not in office.current(watch).model_dump_json()
    shown = office.show(office.current(watch)).model_dump_json(by_alias=True)
    assert SECRET not in shown
    assert '"hasSecret":true' in shown


def test_after_a_change_both_secrets_sign_for_a_day(office: Office) -> None:
    watch = office.watch(deliver=to_webhook())
    office.tick()
    office.patch(watch, deliver={"secret": OTHER_SECRET})
    office.anna.deliver("Today")
    office.tick()
    office.clock.advance(timedelta(hours=25))
    office.anna.deliver("Tomorrow")
    office.tick()
    assert [secrets for _, _, secrets in office.webhook.taken] == [(OTHER_SECRET, SECRET), (OTHER_SECRET,)]
    assert len(office.vault.names) == 3


def test_a_dead_receiver_holds_up_nothing_else_and_gets_everything_afterwards(office: Office) -> None:
    office.webhook.answers[HOOK] = NotNow("unreachable", "No answer.")
    dead = office.watch(deliver=to_webhook(), displayName="dead")
    alive = office.watch(deliver=to_webhook("https://alive.example/"), displayName="alive")
    queue = office.watch(displayName="queue")
    office.tick()
    for n in range(30):
        office.anna.deliver(f"Order {n}")
    office.tick()
    assert office.totals(alive).started == office.totals(queue).started == 30
    reads = office.exchange.calls["read"]
    office.tick(60)
    assert office.totals(dead).pending == 30
    assert office.webhook.calls["post"] < 200
    assert office.exchange.calls["read"] == reads
    office.webhook.answers.clear()
    office.tick(120)
    assert office.totals(dead).started == 30
    assert len({event.id for url, event, _ in office.webhook.taken if url == HOOK}) == 30


def test_a_receiver_that_asks_for_time_gets_it(office: Office) -> None:
    office.webhook.answers[HOOK] = NotNow("server_busy", "503", retry_after=timedelta(minutes=20))
    office.watch(deliver=to_webhook())
    office.tick()
    office.anna.deliver("Order")
    office.tick(20)
    assert office.webhook.calls["post"] == 1
    office.tick(3)
    assert office.webhook.calls["post"] == 2


def test_a_receivers_wish_for_time_holds_for_every_process_and_ends_with_another_address(office: Office) -> None:
    office.webhook.answers[HOOK] = NotNow("server_busy", "429", retry_after=timedelta(minutes=20))
    watch = office.watch(deliver=to_webhook())
    office.tick()
    office.anna.deliver("First")
    office.tick()
    office.process()  # another process: what the first one remembers is not there
    office.anna.deliver("Second")
    office.tick(10)
    assert office.webhook.calls["post"] == 1
    office.patch(watch, deliver={"url": "https://new.example/", "secret": OTHER_SECRET})
    office.anna.deliver("Third")
    office.tick()
    assert [url for url, _, _ in office.webhook.taken] == ["https://new.example/"]
    office.tick(20)
    assert office.totals(watch).started == 3


def test_after_24_hours_of_failure_the_mail_is_quarantined_and_can_be_replayed(office: Office) -> None:
    office.webhook.answers[HOOK] = NotNow("unreachable", "No answer.")
    watch = office.watch(deliver=to_webhook())
    office.tick()
    office.anna.deliver("Order")
    office.tick(23 * 60)
    assert office.totals(watch).pending == 1
    office.tick(3 * 60)
    assert office.totals(watch).quarantined == 1
    (entry,) = office.entries(watch)
    office.webhook.answers.clear()
    office.journal.replay(CALLER, "contoso", watch.id, entry.key)
    office.tick(2)
    assert [event.id for _, event, _ in office.webhook.taken] == [f"{entry.key}~2"]


def test_410_suspends_the_watch_and_a_new_address_restores_it_with_all_that_came(office: Office) -> None:
    office.webhook.answers[HOOK] = Rejected("receiver_gone", "410")
    watch = office.watch(deliver=to_webhook())
    office.tick()
    office.anna.deliver("First")
    office.tick()
    office.anna.deliver("Second")
    office.tick(5)
    assert office.show(office.current(watch)).status.state == "suspended"
    assert office.webhook.calls["post"] == 1
    office.patch(watch, deliver={"url": "https://new.example/", "secret": OTHER_SECRET})
    office.tick(2)
    assert {(url, secrets) for url, _, secrets in office.webhook.taken} == {("https://new.example/", (OTHER_SECRET,))}
    assert office.totals(watch).started == 2
    assert [event.type for event in office.outbox.events] == ["exchange.watch.suspended", "exchange.watch.restored"]


@pytest.mark.parametrize("secret", ["", "hunter2", "whsec_", "whsec_c2hvcnQ=", "whsec_%%%", "whsec_" + "A" * 200])
def test_bad_secrets_are_refused_by_name(office: Office, secret: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        office.watch(deliver=to_webhook(secret=secret))
    assert [error.field for error in refused.value.errors] == ["deliver.secret"]
    assert len(secret) < 7 or secret not in str(refused.value.errors)  # the message itself names the prefix


@pytest.mark.parametrize("url", ["http://hooks.example/", "https://127.0.0.1/", "https://169.254.169.254/", "ftp://x/"])
def test_addresses_that_could_reach_inside_are_refused_at_save(office: Office, url: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        office.watch(deliver=to_webhook(url))
    assert [error.field for error in refused.value.errors] == ["deliver.url"]
