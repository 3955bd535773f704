"""What the engine promises beyond one mail: claims, waits, acceptance, retention."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.action import ActionState
from shared.domain.due import DueKind
from shared.errors import Conflict, NotNow, NotNowCode, Unanswered
from shared.ports.queues import Queue
from tests.unit.actions.interference import Interrupted
from tests.unit.actions.world import CLAIM, GRACE, KIM, World, file

MEBIBYTE = 1024 * 1024


@pytest.fixture
def world() -> World:
    return World()


def mails(world: World) -> list[str]:
    return [item.head.subject for item in world.kim.within("Inbox")]


def rejected(world: World) -> list[Any]:
    return [event.data for event in world.outbox.events if event.type == "exchange.message.rejected"]


# --- claims


def test_a_holder_that_lost_its_claim_sends_nothing_and_takes_its_draft_away(world: World) -> None:
    server = Interrupted(world.exchange)
    world.exchange = server  # type: ignore[assignment]
    world.process()

    def another_takes_over() -> None:
        world.clock.advance(CLAIM + timedelta(seconds=1))
        world.deliver(world.order())

    server.after("create_drafts", another_takes_over)
    world.deliver(world.order())
    world.run()
    assert server.has_interfered
    assert mails(world) == ["Your order 4711"]
    assert world.anna.within("Drafts") == []
    assert len(world.outcomes) == 1


def test_the_sweeper_writes_no_row_that_somebody_works_on(world: World) -> None:
    server = Interrupted(world.exchange)
    world.exchange = server  # type: ignore[assignment]
    world.process()
    world.exchange.fail_on("create_drafts", NotNow("throttled", "Too many.", retry_after=timedelta(minutes=30)))
    world.deliver(world.order())
    world.clock.advance(timedelta(minutes=31))
    server.after("send_drafts", lambda: world.sweep() and None)
    for message in world.queues.take(Queue.ACTIONS):
        world.deliver(message)
    assert server.has_interfered
    assert world.action().state is ActionState.SUCCEEDED
    assert world.action().attempts == 2


def test_a_claim_that_ran_out_is_picked_up_even_when_its_message_is_lost(world: World) -> None:
    world.exchange.fail_on("send_drafts", KeyboardInterrupt(), after=True)
    with pytest.raises(KeyboardInterrupt):
        world.deliver(world.order())
    world.queues.take(Queue.ACTIONS)
    world.run()
    assert mails(world) == ["Your order 4711"]
    assert [event["type"] for event in world.outcomes] == ["exchange.action.succeeded"]


# --- doubt


def test_what_is_in_doubt_is_looked_up_however_short_its_retry_time_is(world: World) -> None:
    world.exchange.fail_on("send_drafts", Unanswered("unreachable", "The connection broke."), after=True)
    world.put(world.order(retryFor="PT1S"))
    world.run()
    assert [event["type"] for event in world.outcomes] == ["exchange.action.succeeded"]
    assert len(mails(world)) == 1


def test_a_mail_that_was_sent_though_the_server_said_later_is_not_sent_again(world: World) -> None:
    world.exchange.fail_on("send_drafts", NotNow("throttled", "Too many."), after=True)
    world.anna.hides_copies = True
    world.put(world.order())
    world.run()
    assert mails(world) == ["Your order 4711"]
    assert [event["data"]["error"]["code"] for event in world.outcomes] == ["outcome_unknown"]


@pytest.mark.parametrize("code", ["server_busy", "throttled"])
def test_a_draft_that_a_busy_server_made_all_the_same_is_removed(world: World, code: NotNowCode) -> None:
    world.exchange.fail_on("create_drafts", NotNow(code, "The server is busy."), after=True)
    world.put(world.order())
    world.run()
    assert mails(world) == ["Your order 4711"]
    assert world.anna.within("Drafts") == []


def test_without_a_copy_a_mail_that_is_gone_from_drafts_was_sent(world: World) -> None:
    world.exchange.fail_on("send_drafts", Unanswered("unreachable", "The connection broke."), after=True)
    world.put(world.order(parameters={"saveToSentItems": False}))
    world.run()
    assert mails(world) == ["Your order 4711"]
    assert [event["type"] for event in world.outcomes] == ["exchange.action.succeeded"]


def test_nobody_says_refused_while_a_request_is_unanswered(world: World) -> None:
    world.exchange.fail_on("send_drafts", Unanswered("unreachable", "The connection broke."), after=True)
    world.deliver(world.order())
    stored = world.organizations.get("contoso", "contoso")
    assert stored
    world.organizations.replace(stored, stored.value.model_copy(update={"exchange_enabled": False}))
    world.run()
    (event,) = world.outcomes
    assert event["data"]["error"]["code"] == "outcome_unknown"
    assert "switched off" in event["data"]["error"]["message"]


def test_what_is_in_doubt_cannot_be_withdrawn(world: World) -> None:
    world.exchange.fail_on("send_drafts", Unanswered("unreachable", "The connection broke."), after=True)
    world.deliver(world.order())
    assert world.action().state is ActionState.WAITING
    with pytest.raises(Conflict) as refused:
        world.cancel("contoso", "order-4711")
    assert refused.value.code == "conflict"
    world.run()
    with pytest.raises(Conflict) as late:
        world.cancel("contoso", "order-4711")
    assert late.value.code == "already_finished"


def test_a_request_that_never_left_costs_no_look_up(world: World) -> None:
    world.exchange.fail_on("create_drafts", NotNow("unreachable", "Nobody listens there."), times=3)
    world.put(world.order())
    world.run()
    assert mails(world) == ["Your order 4711"]
    assert world.exchange.calls["look_up"] == 0


# --- our own storage away


@pytest.mark.parametrize("method", ["create", "get", "replace"])
def test_however_long_our_own_tables_are_away_the_action_waits_and_is_not_given_up(world: World, method: str) -> None:
    world.put(world.order())
    world.actions.fail_on(method, NotNow("storage_unavailable", "The storage is away."), times=12)
    world.run()
    assert mails(world) == ["Your order 4711"]
    assert [event["type"] for event in world.outcomes] == ["exchange.action.succeeded"]


def test_a_vault_that_is_away_for_an_hour_is_waited_for(world: World) -> None:
    world.vault.fail_on("get", NotNow("vault_unavailable", "Key Vault does not answer."), times=8)
    world.put(world.order())
    world.run()
    assert mails(world) == ["Your order 4711"]


# --- acceptance


def test_another_message_with_the_same_id_touches_nothing_of_the_first(world: World) -> None:
    at = (world.clock.now() + timedelta(days=1)).isoformat()
    attached = [file("Offer.pdf", b"first" * 20_000)]
    world.put(world.order(parameters={"sendAt": at, "attachments": attached}))
    world.run(hours=1)
    kept = set(world.blobs.paths)
    world.put(world.order(parameters={"subject": "Other", "attachments": [file("Offer.pdf", b"second" * 20_000)]}))
    world.run(hours=1)
    assert [data["code"] for data in rejected(world)] == ["action_id_reused"]
    assert kept == {path for path in world.blobs.paths if path.startswith("state/")}
    world.run()
    (item,) = world.kim.within("Inbox")
    assert (item.head.subject, item.files[0][1]) == ("Your order 4711", b"first" * 20_000)


def test_a_message_that_comes_again_after_its_sender_cleaned_up_is_the_same_action(world: World) -> None:
    world.blobs.put("outgoing/contoso/parameters.json", f'{{"to": ["{KIM}"], "subject": "By blob"}}'.encode())
    world.blobs.put("outgoing/contoso/report.pdf", b"%PDF")
    by_blob = {**world.order("by-blob"), "parametersBlob": "outgoing/contoso/parameters.json"}
    del by_blob["parameters"]
    attached = world.order(parameters={"attachments": [{"name": "r.pdf", "blob": "outgoing/contoso/report.pdf"}]})
    for message in (by_blob, attached):
        world.put(message)
    world.run()
    for path in ("parameters.json", "report.pdf"):
        world.blobs.delete(f"outgoing/contoso/{path}")
    for message in (by_blob, attached):
        world.put(message)
    world.run()
    assert rejected(world) == []
    assert sorted(mails(world)) == ["By blob", "Your order 4711"]
    assert len(world.outcomes) == 2


@pytest.mark.parametrize("action_id", ["..", ".", "-", "a.b", "A" * 64])
def test_an_id_is_no_path(world: World, action_id: str) -> None:
    world.put(world.order(action_id))
    world.run()
    assert len(mails(world)) == 1
    (path,) = [path for path in world.blobs.paths if path.startswith("state/")]
    assert path.startswith("state/contoso/actions/")
    assert len(path.split("/")) == 6


def test_a_large_content_waits_in_a_blob_of_its_own_and_arrives_whole(world: World) -> None:
    content = bytes(range(256)) * 4096
    world.put(world.order(parameters={"attachments": [file("Large.bin", content), file("small.txt", b"hello")]}))
    world.run()
    (item,) = world.kim.within("Inbox")
    assert [(info.name, data) for info, data in item.files] == [("Large.bin", content), ("small.txt", b"hello")]
    (kept,) = [path for path in world.blobs.paths if path.endswith("parameters.json")]
    assert len(world.blobs.get(kept)) < 1000


def test_more_than_the_limit_is_refused_with_the_limit(world: World) -> None:
    world.blobs.put("outgoing/contoso/large.bin", b"x" * (20 * MEBIBYTE))
    twice = [{"name": f"{n}.bin", "blob": "outgoing/contoso/large.bin"} for n in range(2)]
    world.put(world.order(parameters={"attachments": twice}))
    world.run()
    (event,) = world.outcomes
    assert event["data"]["error"]["code"] == "too_large"
    assert "35 MB" in event["data"]["error"]["message"]
    assert world.exchange.calls.total() == 0


def test_an_attachment_that_nobody_put_there_is_named(world: World) -> None:
    missing = [{"name": "r.pdf", "blob": "outgoing/contoso/nothing.pdf"}]
    world.put(world.order(parameters={"attachments": missing}))
    world.run()
    (event,) = world.outcomes
    assert event["data"]["error"]["code"] == "attachment_not_found"
    assert event["data"]["error"]["field"] == "parameters.attachments[0].blob"
    assert [path for path in world.blobs.paths if path.startswith("state/")] == []


def test_defaults_make_no_difference_to_what_is_the_same(world: World) -> None:
    world.put(world.order())
    world.run()
    body = {"contentType": "text", "content": "Thank you."}
    world.put(world.order(retryFor="PT24H", parameters={"importance": "normal", "cc": [], "body": body}))
    world.run()
    assert rejected(world) == []
    assert len(mails(world)) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(
        st.sampled_from(
            ["id", "organization", "connectionId", "requestedBy", "action", "parameters", "correlation", "retryFor"]
        ),
        JSON,
        max_size=4,
    )
)
def test_whatever_stands_in_a_message_there_is_one_answer_and_no_surprise(changes: dict[str, Any]) -> None:
    world = World()
    message = {**world.order(), **changes}
    world.deliver(message)
    world.run(hours=1)
    told = {(event.source, event.id) for event in world.outbox.events}
    assert len(told) == 1, told


# --- scheduled, withdrawn


def test_an_event_that_was_not_sent_at_a_withdrawal_goes_out_without_delay(world: World) -> None:
    world.put(world.order(parameters={"sendAt": (world.clock.now() + timedelta(days=30)).isoformat()}))
    world.run(hours=1)
    world.outbox.fail_on("tell", NotNow("storage_unavailable", "The queue is away."))
    with pytest.raises(NotNow):
        world.cancel("contoso", "order-4711")
    world.run(hours=GRACE * 3 / timedelta(hours=1))
    (event,) = world.outcomes
    assert event["data"]["error"]["code"] == "cancelled"


def test_more_than_a_year_ahead_is_refused(world: World) -> None:
    world.put(world.order(parameters={"sendAt": (world.clock.now() + timedelta(days=366)).isoformat()}))
    world.run()
    (event,) = world.outcomes
    assert event["data"]["error"]["field"] == "parameters.sendAt"


# --- retention


def test_an_old_action_leaves_a_tombstone_that_still_does_nothing_twice(world: World) -> None:
    world.put(world.order())
    world.put(world.order("refused", requestedBy="eve@fabrikam.example"))
    world.run()
    first = world.outcomes
    world.clock.advance(timedelta(days=29))
    assert world.forget() == 0
    world.clock.advance(timedelta(days=2))
    assert world.forget() == 2
    assert world.forget() == 0
    assert [path for path in world.blobs.paths if path.startswith("state/")] == []
    assert world.actions.list("contoso", index="all").items == ()
    world.put(world.order())
    world.run()
    assert world.outcomes == first
    assert len(mails(world)) == 1
    world.put(world.order(parameters={"subject": "Other"}))
    world.run()
    assert [data["code"] for data in rejected(world)] == ["action_id_reused"]
    with pytest.raises(Conflict):
        world.retry("contoso", "refused")


def test_a_message_for_an_organization_that_is_gone_leaves_its_outcome_for_a_day_and_then_nothing(world: World) -> None:
    world.put(world.order(organization="deleted"))
    world.put(world.order("of-contoso"))
    world.run()
    codes = [event["data"].get("error", {}).get("code") for event in world.outcomes]
    assert sorted(filter(None, codes)) == ["organization_not_found"]
    assert list(world.actions.partitions()) == ["contoso", "deleted"]
    world.forget()
    assert list(world.actions.partitions()) == ["contoso", "deleted"], "delivered again it would have the same outcome"
    world.clock.advance(timedelta(days=2))
    world.forget()
    assert list(world.actions.partitions()) == ["contoso"]
    assert [path for path in world.blobs.paths if path.startswith("state/deleted/")] == []
    assert [path for path in world.blobs.paths if path.startswith("state/contoso/")]


def test_what_is_scheduled_is_never_swept(world: World) -> None:
    world.put(world.order(parameters={"sendAt": (world.clock.now() + timedelta(days=200)).isoformat()}))
    world.run(hours=1)
    world.clock.advance(timedelta(days=100))
    assert world.forget() == 0
    world.clock.advance(timedelta(days=101))
    world.run()
    assert len(mails(world)) == 1


# --- poison


def test_a_bug_ends_as_ours_and_can_be_tried_again(world: World) -> None:
    world.exchange.fail_on("create_drafts", RuntimeError("a bug"), times=5)
    world.put(world.order())
    world.run()
    (event,) = world.outcomes
    assert event["data"]["error"]["code"] == "internal_error"
    assert mails(world) == []
    world.retry("contoso", "order-4711")
    world.run()
    assert mails(world) == ["Your order 4711"]
    assert [event["id"] for event in world.outcomes] == ["order-4711", "order-4711~2"]


@pytest.mark.parametrize("store", ["actions", "blobs", "outbox"])
def test_the_poison_function_raises_while_it_cannot_write(world: World, store: str) -> None:
    unknown = b'{"resume": {"organization": "contoso", "id": "order-4711", "attempt": 0}}'
    getattr(world, store).fail_next(NotNow("storage_unavailable", "The storage is away."), times=100)
    with pytest.raises(NotNow):
        world.poison(unknown)
    getattr(world, store).mend()
    world.poison(unknown)
    assert len(rejected(world)) == 1


def test_nothing_is_left_behind_when_all_is_quiet(world: World) -> None:
    for number in range(3):
        world.put(world.order(f"order-{number}"))
    world.run()
    assert world.due.entries == []
    assert world.queues.waiting(Queue.ACTIONS) == []
    assert not list(world.due.until(DueKind.ACTION, world.clock.now() + timedelta(days=900)))
