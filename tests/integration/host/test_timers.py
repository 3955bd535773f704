"""Timers: on time, in UTC, one run at a time, and a missed run is made up for once."""

import datetime as dt
import json
import time
from collections.abc import Callable

import pytest
from azure.storage.blob import BlobServiceClient

from local.host.schedule import Schedule
from local.host.settings import SettingWrong
from tests.integration.host.hosted import Hosted, Queue, eventually

RunApp = Callable[..., Hosted]

TICKS = """
@app.timer_trigger("timer", "%TICK%")
def tick(timer: func.TimerRequest) -> None:
    note(past_due=timer.past_due)
"""
YEARLY = "0 0 0 1 1 *"


def test_a_timer_runs_on_the_second_and_only_in_the_first_process(run_app: RunApp) -> None:
    host = run_app(TICKS, TICK="* * * * * *")
    run_app("", "--worker-index", "1", TICK="* * * * * *")

    assert eventually(lambda: len(host.notes()) >= 3)

    assert {seen["pid"] for seen in host.notes()} == {host.process.pid}
    assert all(seen["at"] % 1 < 0.5 for seen in host.notes())
    assert {seen["past_due"] for seen in host.notes()} == {False}
    seconds = [int(seen["at"]) for seen in host.notes()]
    assert len(set(seconds)) == len(seconds)


def test_a_timer_never_overlaps_itself_and_skips_what_it_missed(run_app: RunApp) -> None:
    host = run_app(
        """
@app.timer_trigger("timer", "* * * * * *")
def tick(timer: func.TimerRequest) -> None:
    note(began=True)
    time.sleep(1.3)
    note(began=False)
"""
    )

    assert eventually(lambda: len(host.notes()) >= 4)

    assert [seen["began"] for seen in host.notes()[:4]] == [True, False, True, False]
    assert host.notes()[2]["at"] - host.notes()[0]["at"] > 1.5, "no run makes up for the tick in between"


def test_a_failing_timer_runs_again_at_its_next_tick(run_app: RunApp) -> None:
    host = run_app(TICKS + '    raise RuntimeError("no luck")\n', TICK="* * * * * *")

    assert eventually(lambda: len(host.notes()) >= 2)
    assert "no luck" in host.log()


def test_a_run_that_was_missed_while_nothing_ran_is_made_up_for_once(run_app: RunApp, storage: str) -> None:
    host_id = f"library-{time.time_ns()}"
    yesterday = (dt.datetime.now(dt.UTC) - dt.timedelta(days=1)).isoformat()
    with BlobServiceClient.from_connection_string(storage) as blobs:
        blobs.get_container_client("azure-webjobs-hosts").exists() or blobs.create_container("azure-webjobs-hosts")
        status = blobs.get_blob_client("azure-webjobs-hosts", f"timers/{host_id}/Host.Functions.tick/status")
        status.upload_blob(json.dumps({"Last": yesterday, "Next": yesterday, "LastUpdated": yesterday}))

        host = run_app(TICKS, TICK=YEARLY, AzureFunctionsWebHost__hostid=host_id)
        assert [seen["past_due"] for seen in eventually(host.notes)] == [True]
        due = Schedule(YEARLY).after(dt.datetime.now(dt.UTC)).isoformat()
        assert eventually(lambda: json.loads(status.download_blob().readall())["Next"] == due)
    host.end()
    successor = run_app(TICK=YEARLY, AzureFunctionsWebHost__hostid=host_id)
    time.sleep(0.5)

    assert len(successor.notes()) == 1


def test_run_on_startup_runs_on_startup(run_app: RunApp) -> None:
    source = TICKS.replace('"%TICK%"', f'"{YEARLY}", run_on_startup=True')

    host = run_app(source)

    assert [seen["past_due"] for seen in eventually(host.notes)] == [False]


def test_a_timer_can_put_messages(run_app: RunApp, queue: Queue) -> None:
    run_app(
        """
@app.timer_trigger("timer", "* * * * * *")
@app.queue_output("out", "%QUEUE%", connection="AzureWebJobsStorage")
def tick(timer: func.TimerRequest, out: func.Out[str]) -> None:
    out.set("check the mail")
"""
    )

    assert "check the mail" in eventually(queue.texts)


def test_a_timer_with_a_wrong_schedule_rests_and_the_others_run(run_app: RunApp) -> None:
    host = run_app(TICKS + TICKS.replace("%TICK%", "every day").replace("tick", "tock"), TICK="* * * * * *")

    assert eventually(host.notes)
    assert "tock does not run: A schedule has six fields" in host.log()


@pytest.mark.parametrize(
    ("expression", "following"),
    [
        ("0 */5 * * * *", "2026-11-24T09:05:00+00:00"),
        ("30 * * * * *", "2026-11-24T09:01:30+00:00"),
        ("*/5 * * * *", "2026-11-24T09:05:00+00:00"),
        ("0 30 9 * * 1-5", "2026-11-24T09:30:00+00:00"),
        ("0 0 0 13 * 5", "2027-08-13T00:00:00+00:00"),
        ("0 0 9 * * *", "2026-11-25T09:00:00+00:00"),
    ],
)
def test_a_schedule_means_what_ncrontab_says(expression: str, following: str) -> None:
    assert Schedule(expression).after(dt.datetime(2026, 11, 24, 9, 1, tzinfo=dt.UTC)).isoformat() == following


@pytest.mark.parametrize("expression", ["", "* * * *", "* * * * * * *", "00:05:00", "@hourly", "61 * * * * *"])
def test_what_is_not_ncrontab_is_refused(expression: str) -> None:
    with pytest.raises(SettingWrong):
        Schedule(expression)
