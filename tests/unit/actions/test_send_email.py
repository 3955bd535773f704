"""One action, one mail, one outcome: what the server does, and what we do."""

from collections import Counter
from datetime import timedelta
from threading import Thread

import pytest

from shared.domain.action import ActionState
from shared.domain.connection import ConnectionState
from shared.errors import InvalidRequest, NotNow, Rejected, Unanswered
from shared.ports.queues import Queue
from shared.use_cases.accept_action import read_message
from tests.unit.actions.world import ANNA, PASSWORD, Killed, World, file


@pytest.fixture
def world() -> World:
    return World()


def mails(world: World) -> list[str]:
    return [item.head.subject for item in world.kim.within("Inbox")]


def test_a_mail_goes_out_once_and_its_outcome_is_told(world: World) -> None:
    world.put(world.order())
    world.run()
    assert mails(world) == ["Your order 4711"]
    assert [item.head.subject for item in world.anna.within("Sent Items")] == ["Your order 4711"]
    (event,) = world.outcomes
    assert event["type"] == "exchange.action.succeeded"
    assert event["id"] == event["subject"] == "order-4711"
    assert event["source"] == f"/organizations/contoso/connections/{world.connection_id}"
    assert event["data"]["correlation"] == {"processInstanceId": "4711"}
    assert event["data"]["result"]["internetMessageId"].startswith("<ec.")
    assert event["data"]["attempts"] == 1


def test_twenty_copies_of_one_message_are_one_mail(world: World) -> None:
    errors: list[BaseException] = []

    def deliver() -> None:
        try:
            world.deliver(world.order())
        except BaseException as exc:  # noqa: BLE001
            errors.append(exc)

    threads = [Thread(target=deliver) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.run()
    assert errors == []
    assert mails(world) == ["Your order 4711"]
    assert len(world.outcomes) == 1


def test_the_same_id_with_other_content_is_rejected_and_kept(world: World) -> None:
    world.put(world.order())
    world.run()
    world.put(world.order(parameters={"subject": "Something else"}))
    world.run()
    assert mails(world) == ["Your order 4711"]
    (rejected,) = [event for event in world.outbox.events if event.type == "exchange.message.rejected"]
    assert rejected.data is not None
    assert rejected.data["code"] == "action_id_reused"
    assert b"Something else" in world.blobs.get(rejected.data["blob"])


REQUESTS = ("create_drafts", "send_drafts")


@pytest.mark.parametrize("after", [False, True], ids=["before the effect", "after the effect"])
@pytest.mark.parametrize("operation", REQUESTS)
@pytest.mark.parametrize(
    "error",
    [
        Unanswered("unreachable", "The connection broke."),
        Unanswered("server_busy", "The server answered 503."),
        Killed(),
        RuntimeError("a surprise"),
    ],
    ids=["dropped", "503", "killed", "bug"],
)
def test_whatever_happens_to_a_request_there_is_one_mail(
    world: World, operation: str, error: BaseException, after: bool
) -> None:
    world.exchange.fail_on(operation, error, after=after)
    world.put(world.order())
    world.run()
    assert mails(world) == ["Your order 4711"]
    assert [event["type"] for event in world.outcomes] == ["exchange.action.succeeded"]
    assert world.anna.within("Drafts") == []


STORES = {
    "actions": ("create", "get", "replace"),
    "organizations": ("get",),
    "connections": ("get",),
    "accounts": ("get", "create", "replace"),
    "blobs": ("put",),
    "due": ("put", "remove"),
    "vault": ("get",),
    "outbox": ("tell",),
}
STEPS = [(store, method) for store, methods in STORES.items() for method in methods]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize(("store", "method"), STEPS, ids=[f"{store}.{method}" for store, method in STEPS])
@pytest.mark.parametrize(
    "error", [Killed(), NotNow("storage_unavailable", "The storage is away.")], ids=["killed", "away"]
)
def test_a_crash_at_any_step_repeats_the_event_and_never_the_mail(
    world: World, store: str, method: str, nth: int, after: bool, error: BaseException
) -> None:
    target = getattr(world, store)
    calls = Counter(target.calls)
    target.fail_on(method, error, after=after) if nth == 1 else fail_later(target, method, error, after, nth)
    world.put(world.order())
    world.put(world.order())
    world.run()
    target.mend()
    vars(target).pop("_take_fault", None)
    assert mails(world) == ["Your order 4711"]
    assert len(world.outcomes) == 1
    assert world.action().state is ActionState.SUCCEEDED
    assert target.calls[method] > calls[method]
    assert len({str(event.data) for event in world.outbox.events if event.subject == "order-4711"}) == 1


def fail_later(target: object, method: str, error: BaseException, after: bool, nth: int) -> None:
    """The n-th call fails; the ones before it get through."""
    original, count = target._take_fault, Counter[str]()  # type: ignore[attr-defined]

    def take(called: str) -> object:
        count[called] += 1
        if called == method and count[called] == nth:
            target.fail_on(method, error, after=after)  # type: ignore[attr-defined]
        return original(called)

    target._take_fault = take  # type: ignore[attr-defined]


def test_a_refused_recipient_ends_at_once_and_leaves_no_draft(world: World) -> None:
    world.exchange.fail_on("send_drafts", Rejected("recipient_refused", "Nobody of that name."), after=False)
    world.put(world.order())
    world.run()
    (event,) = world.outcomes
    assert event["data"]["error"] == {"code": "recipient_refused", "message": "Nobody of that name."}
    assert world.anna.within("Drafts") == []


def test_a_server_that_asks_to_wait_is_left_alone_for_that_long(world: World) -> None:
    start = world.clock.now()
    world.exchange.fail_on("create_drafts", NotNow("throttled", "Too many.", retry_after=timedelta(minutes=7)))
    world.put(world.order())
    world.put(world.order("order-4712"))
    world.run()
    assert len(mails(world)) == 2
    assert world.clock.now() - start >= timedelta(minutes=7)
    assert world.exchange.calls["create_drafts"] <= 4


def test_what_is_retried_in_vain_fails_with_the_last_code_when_its_time_is_over(world: World) -> None:
    world.exchange.fail_on("create_drafts", NotNow("unreachable", "Nobody answers."), times=10_000)
    world.put(world.order(retryFor="PT1H"))
    start = world.clock.now()
    world.run()
    (event,) = world.outcomes
    assert event["data"]["error"]["code"] == "unreachable"
    assert timedelta(minutes=55) < world.action().finished_at - start < timedelta(minutes=70)  # type: ignore[operator]


def test_a_sent_mail_without_a_trace_is_in_doubt_and_only_a_person_does_it_again(world: World) -> None:
    world.exchange.fail_on("send_drafts", Unanswered("unreachable", "The connection broke."), after=False)
    world.put(world.order())
    for message in world.queues.take(Queue.ACTIONS):
        world.deliver(message)
    (draft,) = world.anna.within("Drafts")
    world.anna.remove(draft.id)
    world.run()
    (event,) = world.outcomes
    assert event["data"]["error"]["code"] == "outcome_unknown"
    assert mails(world) == []
    world.retry("contoso", "order-4711")
    world.run()
    assert mails(world) == ["Your order 4711"]
    assert [event["id"] for event in world.outcomes] == ["order-4711", "order-4711~2"]


def test_a_mail_that_waits_in_drafts_for_transport_is_not_sent_again(world: World) -> None:
    world.exchange.holds_transport = True
    world.exchange.fail_on("send_drafts", Unanswered("unreachable", "The connection broke."), after=True)
    world.put(world.order())
    world.run()
    world.exchange.release()
    assert mails(world) == ["Your order 4711"]
    assert world.exchange.calls["send_drafts"] == 1


def test_a_wrong_password_is_tried_once_and_suspends_the_connection(world: World) -> None:
    world.set_password("Wrong-1")
    for number in range(30):
        world.put(world.order(f"order-{number}"))
    world.run()
    assert world.exchange.refused[ANNA] == 1
    codes = Counter(event["data"]["error"]["code"] for event in world.outcomes)
    assert set(codes) <= {"password_refused", "connection_suspended"}
    assert codes.total() == 30
    assert len(world.told("exchange.connection.suspended")) == 1
    stored = world.connections.get("contoso", world.connection_id)
    assert stored
    assert stored.value.status.state is ConnectionState.SUSPENDED

    world.set_password(PASSWORD)
    assert world.retry.many("contoso") == 30
    world.run()
    assert len(mails(world)) == 30
    assert len(world.told("exchange.connection.restored")) == 1


def test_a_password_that_worked_and_is_refused_gets_one_second_try_for_all(world: World) -> None:
    second = world.connect(ANNA, PASSWORD, number=2)
    world.put(world.order("before"))
    world.put(world.order("before-2", connectionId=second))
    world.run()
    world.anna.password = "Changed-at-the-server"
    world.put(world.order("after"))
    world.put(world.order("after-2", connectionId=second))
    start = world.clock.now()
    world.run()
    assert world.exchange.refused[ANNA] == 2
    assert world.clock.now() - start >= timedelta(seconds=600)
    assert len(world.told("exchange.connection.suspended")) == 2


def test_the_retry_after_of_one_mailbox_holds_up_no_other(world: World) -> None:
    world.exchange.add("bob@contoso.example", "Green-9")
    bobs = world.connect("bob@contoso.example", "Green-9", number=3)
    world.exchange.fail_on("create_drafts", NotNow("throttled", "Too many.", retry_after=timedelta(hours=1)))
    world.deliver(world.order("annas"))
    world.deliver(world.order("bobs", connectionId=bobs))
    assert world.action("annas").state is ActionState.WAITING
    assert world.action("bobs").state is ActionState.SUCCEEDED


def test_a_scheduled_mail_goes_at_its_time_and_not_before(world: World) -> None:
    at = world.clock.now() + timedelta(days=3)
    world.put(world.order(parameters={"sendAt": at.isoformat()}))
    world.run(hours=71)
    assert world.action().state is ActionState.SCHEDULED
    assert mails(world) == []
    world.run(hours=2)
    assert mails(world) == ["Your order 4711"]


def test_a_scheduled_mail_can_be_withdrawn(world: World) -> None:
    world.put(world.order(parameters={"sendAt": (world.clock.now() + timedelta(days=3)).isoformat()}))
    world.run(hours=1)
    world.cancel("contoso", "order-4711")
    world.run(hours=100)
    assert mails(world) == []
    (event,) = world.outcomes
    assert event["data"]["error"]["code"] == "cancelled"
    assert event["data"]["startedAt"] is None


def test_what_its_process_never_survives_is_given_up_after_five_takeovers(world: World) -> None:
    world.exchange.fail_on("create_drafts", Killed(), times=10_000)
    world.put(world.order())
    world.run()
    (event,) = world.outcomes
    assert event["data"]["error"]["code"] == "internal_error"
    assert mails(world) == []


def test_attachments_come_from_the_message_and_from_blobs(world: World) -> None:
    world.blobs.put("outgoing/contoso/report.pdf", b"%PDF report")
    from_blob = {"name": "Report.pdf", "contentType": "application/pdf", "blob": "outgoing/contoso/report.pdf"}
    world.put(world.order(parameters={"attachments": [file("Invoice.pdf", b"%PDF invoice"), from_blob]}))
    world.run()
    (item,) = world.kim.within("Inbox")
    assert [(known.name, content) for known, content in item.files] == [
        ("Invoice.pdf", b"%PDF invoice"),
        ("Report.pdf", b"%PDF report"),
    ]


BAD = {
    "nobody": ({"to": []}, "parameters.to"),
    "no address": ({"to": ["Kim"]}, "parameters.to[0]"),
    "a line break in the subject": ({"subject": "a\nBcc: x@y.example"}, "parameters.subject"),
    "an unknown field": ({"colour": "blue"}, "parameters.colour"),
    "a header that is not ours to set": ({"headers": {"Received": "x"}}, "parameters.headers.Received"),
    "a blob of somebody else": (
        {"attachments": [{"name": "a", "blob": "outgoing/fabrikam/x"}]},
        "parameters.attachments[0].blob",
    ),
    "a blob that climbs": (
        {"attachments": [{"name": "a", "blob": "outgoing/contoso/../fabrikam/x"}]},
        "parameters.attachments[0].blob",
    ),
    "no base64": ({"attachments": [{"name": "a", "contentBytes": "*"}]}, "parameters.attachments[0].contentBytes"),
}


@pytest.mark.parametrize(("changes", "field"), BAD.values(), ids=BAD.keys())
def test_bad_parameters_fail_the_action_and_name_the_field(
    world: World, changes: dict[str, object], field: str
) -> None:
    world.put(world.order(parameters=changes))
    world.run()
    (event,) = world.outcomes
    assert event["data"]["error"]["code"] == "invalid_parameters"
    assert field in event["data"]["error"]["message"]


def test_bad_fields_of_the_message_and_of_its_parameters_are_named_together() -> None:
    document = {"id": "a b", "organization": "contoso", "action": "sendEmail", "parameters": {"to": ["Kim"]}, "zzz": 1}
    with pytest.raises(InvalidRequest) as refused:
        read_message(document)
    assert {bad.field for bad in refused.value.errors} >= {
        "id",
        "zzz",
        "connectionId",
        "requestedBy",
        "parameters.to[0]",
    }


REFUSED = {
    "connection_not_found": {"connectionId": "0b6c0000-0000-4000-8000-999999999999"},
    "organization_not_found": {"organization": "nowhere"},
    "person_not_authorized": {"requestedBy": "eve@fabrikam.example"},
    "invalid_parameters": {"connectionId": "not-a-uuid"},
}


@pytest.mark.parametrize(("code", "changes"), REFUSED.items(), ids=REFUSED.keys())
def test_what_may_not_be_done_fails_at_once(world: World, code: str, changes: dict[str, str]) -> None:
    world.put(world.order(**changes))
    world.run()
    (event,) = world.outcomes
    assert event["data"]["error"]["code"] == code
    assert world.exchange.calls.total() == 0


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"null", b'{"id": "a"}', b'{"id": "a b", "organization": "contoso"}']
)
def test_what_cannot_be_parsed_is_kept_and_reported(world: World, text: bytes) -> None:
    world.perform(text)
    (event,) = world.outbox.events
    assert event.type == "exchange.message.rejected"
    assert event.data is not None
    assert world.blobs.get(event.data["blob"]) == text
