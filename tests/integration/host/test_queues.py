"""Queue triggers against a real queue: nothing is lost, a failure is tried again, what never works ends in poison."""

import datetime as dt
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from local.azurite import Azurite
from tests.integration.host.hosted import Hosted, Queue, eventually, write_app

RunApp = Callable[..., Hosted]

TRIGGER = '@app.queue_trigger("msg", "%QUEUE%", connection="AzureWebJobsStorage")\n'
TAKES = (
    TRIGGER
    + """
def take(msg: func.QueueMessage) -> None:
    note(text=msg.get_body().decode(), tries=msg.dequeue_count)
"""
)
FAILS = (
    TRIGGER
    + """
def take(msg: func.QueueMessage) -> None:
    note(text=msg.get_body().decode(), tries=msg.dequeue_count)
    raise RuntimeError("the printer is on fire")
"""
)


def test_a_message_arrives_with_all_that_production_tells_about_it(run_app: RunApp, queue: Queue) -> None:
    queue.put('{"order": "4711"}')
    before = dt.datetime.now(dt.UTC)

    host = run_app(
        TRIGGER
        + """
def take(msg: func.QueueMessage, context: func.Context) -> None:
    note(order=msg.get_json()["order"], tries=msg.dequeue_count, id=msg.id, receipt=msg.pop_receipt,
         inserted=msg.insertion_time.isoformat(), expires=msg.expiration_time.isoformat(),
         next=msg.time_next_visible.isoformat(), function=context.function_name)
"""
    )

    (seen,) = eventually(host.notes)
    assert (seen["order"], seen["tries"], seen["function"]) == ("4711", 1, "take")
    assert seen["id"]
    assert seen["receipt"]
    inserted, expires, visible = (dt.datetime.fromisoformat(seen[name]) for name in ("inserted", "expires", "next"))
    assert abs(inserted - before) < dt.timedelta(seconds=5)
    assert expires - inserted == dt.timedelta(days=7)
    assert dt.timedelta(seconds=1) < visible - before < dt.timedelta(seconds=10)
    assert eventually(lambda: queue.count() == 0)


def test_a_failure_is_tried_again_later_and_ends_in_the_poison_queue(
    run_app: RunApp, queue: Queue, poison: Queue
) -> None:
    queue.put("burns")

    host = run_app(FAILS, queues={"maxDequeueCount": 3})

    assert eventually(poison.exists)
    assert eventually(poison.texts) == ["burns"]
    assert [seen["tries"] for seen in host.notes()] == [1, 2, 3]
    first, second, third = (seen["at"] for seen in host.notes())
    assert second - first > 0.9
    assert third - second > 0.9
    assert queue.count() == 0
    assert "the printer is on fire" in host.log()


def test_a_poison_message_stays_for_ever(run_app: RunApp, queue: Queue, poison: Queue) -> None:
    queue.put("burns")

    run_app(FAILS, queues={"maxDequeueCount": 1})

    assert eventually(poison.exists)
    assert eventually(poison.texts)
    (kept,) = poison.client.peek_messages(1)
    assert kept.expires_on is not None
    assert kept.expires_on.year == 9999


def test_what_came_too_often_goes_to_poison_without_another_call(run_app: RunApp, queue: Queue, poison: Queue) -> None:
    queue.put("crashes the process")
    for _ in range(2):
        (taken,) = queue.client.receive_messages(max_messages=1, visibility_timeout=1)
        assert taken
        time.sleep(1.1)

    host = run_app(TAKES, queues={"maxDequeueCount": 2})

    assert eventually(poison.exists)
    assert eventually(poison.texts) == ["crashes the process"]
    assert host.notes() == []


def test_a_failing_poison_handler_has_no_poison_queue_of_its_own(run_app: RunApp, storage: str, poison: Queue) -> None:
    poison.client.create_queue()
    poison.put("hopeless")
    host = run_app(FAILS, queues={"maxDequeueCount": 1}, QUEUE=poison.name, LOCAL_QUEUE_LEASE="2")

    assert eventually(lambda: len(host.notes()) == 3)

    first, second = (seen["at"] for seen in host.notes()[:2])
    assert second - first > 1.8, "it rests until its lease ends"
    beyond = Queue(storage, f"{poison.name}-poison", create=False)
    assert not beyond.exists()
    beyond.client.close()


def test_what_is_not_base64_goes_to_poison_at_once_as_it_is(run_app: RunApp, queue: Queue, poison: Queue) -> None:
    queue.client.send_message("{plain json}")

    host = run_app(TAKES)

    assert eventually(poison.exists)
    assert [kept.content for kept in eventually(lambda: poison.client.peek_messages(5))] == ["{plain json}"]
    assert host.notes() == []
    assert "is not base64" in host.log()
    assert eventually(lambda: queue.count() == 0)


def test_plain_text_is_taken_where_host_json_says_so(run_app: RunApp, queue: Queue) -> None:
    queue.client.send_message("{plain json}")

    host = run_app(TAKES, queues={"messageEncoding": "none"})

    assert [seen["text"] for seen in eventually(host.notes)] == ["{plain json}"]


def test_the_lease_is_renewed_while_the_function_runs(run_app: RunApp, queue: Queue) -> None:
    queue.put("takes its time")
    host = run_app(
        TRIGGER
        + """
def take(msg: func.QueueMessage) -> None:
    note(tries=msg.dequeue_count)
    time.sleep(5)
    note(done=True)
""",
        LOCAL_QUEUE_LEASE="2",
    )

    assert eventually(lambda: len(host.notes()) >= 2)

    assert [seen.get("done", False) for seen in host.notes()] == [False, True]
    assert eventually(lambda: queue.count() == 0)


def test_a_lost_lease_is_logged_and_harms_nothing(run_app: RunApp, queue: Queue) -> None:
    queue.put("stolen", "next")
    host = run_app(
        "from azure.storage.queue import QueueClient\n"
        + TRIGGER
        + """
def take(msg: func.QueueMessage) -> None:
    text = msg.get_body().decode()
    if text == "stolen":
        with QueueClient.from_connection_string(os.environ["AzureWebJobsStorage"], os.environ["QUEUE"]) as queue:
            queue.update_message(msg.id, msg.pop_receipt, visibility_timeout=60)
    note(text=text)
"""
    )

    assert eventually(lambda: "lease was lost" in host.log(), 5), host.log()
    assert sorted(seen["text"] for seen in host.notes()) == ["next", "stolen"]
    queue.put("afterwards")
    assert eventually(lambda: "afterwards" in [seen["text"] for seen in host.notes()])
    assert queue.count() == 1, "it is the thief's now"


def test_no_more_run_at_once_than_the_page_and_the_threshold_allow(run_app: RunApp, queue: Queue) -> None:
    queue.put(*(str(number) for number in range(20)))
    host = run_app(
        """
busy = 0
"""
        + TRIGGER
        + """
async def take(msg: func.QueueMessage) -> None:
    global busy
    busy += 1
    note(busy=busy)
    await asyncio.sleep(0.2)
    busy -= 1
""",
        queues={"batchSize": 4, "newBatchThreshold": 1},
    )

    assert eventually(lambda: len(host.notes()) == 20)

    most = max(seen["busy"] for seen in host.notes())
    assert most in {4, 5}, "a page of 4, and the next one when 1 is left"


def test_a_setting_overrides_host_json_whatever_its_case(run_app: RunApp, queue: Queue) -> None:
    queue.put("a", "b", "c")
    host = run_app(
        """
busy = 0
"""
        + TRIGGER
        + """
async def take(msg: func.QueueMessage) -> None:
    global busy
    busy += 1
    note(busy=busy)
    await asyncio.sleep(0.1)
    busy -= 1
""",
        AzureFunctionsJobHost__extensions__queues__batchSize="1",
        AZUREFUNCTIONSJOBHOST__EXTENSIONS__QUEUES__NEWBATCHTHRESHOLD="0",
    )

    assert eventually(lambda: len(host.notes()) == 3)
    assert [seen["busy"] for seen in host.notes()] == [1, 1, 1]


def test_outputs_are_sent_before_the_message_is_deleted(run_app: RunApp, queue: Queue, storage: str) -> None:
    outbox = Queue(storage, f"{queue.name}-out", create=False)
    queue.put("4711")
    host = run_app(
        TRIGGER
        + """
@app.queue_output("out", "%QUEUE%-out", connection="AzureWebJobsStorage")
def take(msg: func.QueueMessage, out: func.Out[list[str]]) -> None:
    note(text=msg.get_body().decode())
    out.set(["first", "second"])
"""
    )

    assert eventually(outbox.exists), "an output creates its queue"
    assert sorted(eventually(lambda: len(outbox.texts()) == 2 and outbox.texts())) == ["first", "second"]
    assert eventually(lambda: queue.count() == 0)
    assert len(host.notes()) == 1
    outbox.client.close()


def test_a_message_whose_output_cannot_be_sent_is_kept(run_app: RunApp, queue: Queue, poison: Queue) -> None:
    queue.put("4711")
    host = run_app(
        TRIGGER
        + """
@app.queue_output("$return", "%QUEUE%-out", connection="AzureWebJobsStorage")
def take(msg: func.QueueMessage) -> str:
    note(tries=msg.dequeue_count)
    return "x" * 70_000
""",
        queues={"maxDequeueCount": 2, "visibilityTimeout": "00:00:00"},
    )

    assert eventually(poison.exists)
    assert eventually(poison.texts) == ["4711"]
    assert [seen["tries"] for seen in host.notes()] == [1, 2]


def test_three_processes_share_a_queue_and_none_takes_what_another_has(run_app: RunApp, queue: Queue) -> None:
    orders = [f"order {number}" for number in range(60)]
    source = TAKES.replace("    note(", "    time.sleep(0.05)\n    note(", 1)
    options = {"batchSize": 2, "newBatchThreshold": 1}
    first = run_app(source, queues=options)
    others = [run_app("", "--worker-index", str(index)) for index in (1, 2)]
    assert [other.first_line for other in others] == ["ready worker 1", "ready worker 2"]

    queue.put(*orders)

    assert eventually(lambda: len(first.notes()) >= len(orders))
    assert eventually(lambda: queue.count() == 0)
    assert Counter(seen["text"] for seen in first.notes()) == Counter(orders)
    assert len({seen["pid"] for seen in first.notes()}) == 3


def test_what_a_killed_process_had_taken_comes_back_when_its_lease_ends(run_app: RunApp, queue: Queue) -> None:
    queue.put("precious")
    source = (
        TRIGGER
        + """
def take(msg: func.QueueMessage) -> None:
    note(tries=msg.dequeue_count)
    if msg.dequeue_count == 1:
        time.sleep(30)
"""
    )
    host = run_app(source, LOCAL_QUEUE_LEASE="2")
    assert eventually(host.notes)

    assert host.end(signal.SIGKILL) == -signal.SIGKILL
    successor = run_app(LOCAL_QUEUE_LEASE="2")

    assert eventually(lambda: len(successor.notes()) == 2)
    first, second = successor.notes()
    assert (first["tries"], second["tries"]) == (1, 2)
    assert second["at"] - first["at"] > 1.5
    assert eventually(lambda: queue.count() == 0)


def test_told_to_end_it_finishes_what_runs_and_takes_nothing_new(run_app: RunApp, queue: Queue) -> None:
    queue.put("running")
    host = run_app(
        TRIGGER
        + """
def take(msg: func.QueueMessage) -> None:
    note(began=msg.get_body().decode())
    time.sleep(1)
    note(ended=msg.get_body().decode())
"""
    )
    assert eventually(host.notes)
    host.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    queue.put("too late")

    assert host.process.wait(10) == 0

    assert [seen.get("ended") for seen in host.notes()] == [None, "running"]
    assert queue.texts() == ["too late"]


def test_the_queue_need_not_exist_yet(run_app: RunApp, queue: Queue) -> None:
    queue.client.delete_queue()
    host = run_app(TAKES)
    queue.client.create_queue()

    queue.put("late")

    assert [seen["text"] for seen in eventually(host.notes)] == ["late"]
    assert "cannot be reached" not in host.log()


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [("QUEUE", "The setting QUEUE is named by %QUEUE%"), ("AzureWebJobsStorage", "AzureWebJobsStorage is missing")],
)
def test_a_missing_setting_rests_its_function_and_no_other(run_app: RunApp, setting: str, complaint: str) -> None:
    host = run_app(
        TAKES
        + """
@app.route("health")
def health(req: func.HttpRequest) -> str:
    return "ok"
""",
        **{setting: ""},
    )

    assert host.ask("GET", "/api/health").body == b"ok"
    assert eventually(lambda: complaint in host.log())


def test_it_outlives_a_storage_outage(tmp_path: Path) -> None:
    store, app = tmp_path / "store", tmp_path / "app"
    store.mkdir()
    app.mkdir()
    write_app(app, TAKES)
    with Azurite(store) as azurite:
        orders = Queue(azurite.connection_string, "orders")
        host = Hosted(app, {"AzureWebJobsStorage": azurite.connection_string, "QUEUE": "orders"})
        azurite.stop()
        assert eventually(lambda: "cannot be reached" in host.log())
        azurite.start()

        orders.put("after the storm")

        assert [seen["text"] for seen in eventually(host.notes)] == ["after the storm"]
        assert host.log().count("cannot be reached") == 1
        assert host.end() == 0
        orders.client.close()
