"""One call is one trace, every step says which action it is for, and nothing personal is told."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.trace import StatusCode

from shared.domain.event import CloudEvent
from shared.errors import NotNow, Rejected
from shared.telemetry import Counter, Gauge, count, listen, listening, measure, recording, step, trigger
from shared.telemetry.outbox import MeasuredOutbox
from tests.unit.operation.ears import Heard, heard

ROOT = Path(__file__).resolve().parents[3]
ABOUT = {"exchange.action.id": "order-4711", "exchange.organization": "contoso", "exchange.action.attempt": 2}


@pytest.fixture
def ears() -> Iterator[Heard]:
    with heard() as made:
        yield made


def test_every_step_belongs_to_its_call_and_names_its_action(ears: Heard) -> None:
    with trigger("perform_action", about=lambda: ABOUT):
        with step("EWS CreateItem") as told:
            told.tell({"http.response.status_code": 200})
        with step("queue POST process-events"):
            pass
    call = ears.spans["perform_action"]
    steps = [ears.spans["EWS CreateItem"], ears.spans["queue POST process-events"]]
    assert call.parent is None
    assert dict(call.attributes) == ABOUT
    assert {one.parent.span_id for one in steps} == {call.context.span_id}
    assert {one.context.trace_id for one in steps} == {call.context.trace_id}
    shared = {"exchange.action.id": "order-4711", "exchange.organization": "contoso"}
    assert dict(steps[0].attributes) == {**shared, "http.response.status_code": 200}


def test_a_call_goes_on_with_the_trace_that_the_host_began(ears: Heard) -> None:
    """By the traceparent that the host gives, or in the context that a worker attached."""
    with trigger("perform_action", parent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"):
        pass
    assert ears.spans["perform_action"].parent.span_id == 0xB7AD6B7169203331
    with ears.tracers.get_tracer("host").start_as_current_span("the host") as host:
        for parent in ("", "no traceparent"):
            with trigger("http_health", parent=parent):
                pass
            assert ears.spans["http_health"].parent.span_id == host.get_span_context().span_id


def test_an_error_is_told_by_its_code_and_never_by_its_words(ears: Heard) -> None:
    with pytest.raises(Rejected), trigger("perform_action"), step("EWS SendItem"):
        raise Rejected("recipient_refused", "The server refuses kim@fabrikam.example in 'Your order'.")
    with pytest.raises(ValueError, match="anna"), trigger("check_mailbox"):
        raise ValueError("anna@contoso.example")
    assert ears.spans["EWS SendItem"].attributes["error.type"] == "recipient_refused"
    assert ears.spans["EWS SendItem"].status.status_code is StatusCode.ERROR
    assert ears.spans["check_mailbox"].attributes["error.type"] == "ValueError"
    assert "@" not in ears.text
    assert "Your order" not in ears.text


def test_a_server_that_asks_to_come_back_is_counted_once(ears: Heard) -> None:
    with pytest.raises(NotNow), trigger("perform_action"), step("Graph POST /me/messages"):
        raise NotNow("throttled", "later")
    with trigger("perform_action"), step("EWS SendItem") as told:
        told.refused(NotNow("throttled", "later"))
        told.refused(Rejected("too_large", "never"))
    assert ears.values() == {("exchange.throttled", "Graph"): 1, ("exchange.throttled", "EWS"): 1}


@pytest.mark.parametrize(
    ("name", "code"), [("table GET actions", "storage_unavailable"), ("webhook POST", "throttled")]
)
def test_storage_and_webhooks_are_no_throttling_exchange(ears: Heard, name: str, code: Any) -> None:
    with pytest.raises(NotNow), trigger("deliver_mail"), step(name):
        raise NotNow(code, "later")
    assert ears.values() == {}


def test_a_stream_that_is_not_read_to_its_end_has_not_failed(ears: Heard) -> None:
    def pieces() -> Iterator[bytes]:
        with step("EWS GetAttachment"):
            yield b"one"
            yield b"two"

    with trigger("deliver_mail"):
        stream = pieces()
        assert next(stream) == b"one"  # type: ignore[call-overload]
        with step("blob PUT incoming"):
            pass
        stream.close()  # type: ignore[attr-defined]
    assert ears.spans["EWS GetAttachment"].status.status_code is StatusCode.UNSET
    assert ears.spans["blob PUT incoming"].parent.span_id == ears.spans["deliver_mail"].context.span_id


def test_what_happens_outside_of_a_call_begins_no_trace(ears: Heard) -> None:
    with trigger("sweep_actions"):
        assert recording()
    assert not recording()
    with step("table GET actions"):
        pass
    assert set(ears.spans) == {"sweep_actions"}


def test_values_of_a_timer_are_the_last_ones(ears: Heard) -> None:
    with trigger("measure_operation", kind="internal"):
        measure(Gauge.MAILBOX_LAG, 70)
        measure(Gauge.MAILBOX_LAG, 42)
        count(Counter.GIVEN_UP, {"queue": "mailbox-checks"})
        count(Counter.GIVEN_UP, {"queue": "mailbox-checks"})
    assert ears.values() == {("exchange.mailbox.lag",): 42, ("exchange.messages.given_up", "mailbox-checks"): 2}
    assert ears.values().get(("exchange.mailbox.lag",)) is None, "what was measured once is told once"


def outcome(name: str, **data: object) -> CloudEvent:
    return CloudEvent(
        id="order-4711",
        source="/organizations/contoso/connections/0b6c",
        type=name,
        subject="order-4711",
        time=datetime(2026, 11, 25, tzinfo=UTC),
        data=data,
    )


class Kept:
    """An outbox that takes what it is given: what counts is what was heard of it on the way."""

    def __init__(self) -> None:
        self.events: list[CloudEvent] = []

    def tell(self, organization: str, event: CloudEvent) -> None:
        assert organization == "contoso"
        self.events.append(event)

    def start_process(self, organization: str, event: CloudEvent) -> None:
        assert (organization, event.type) == ("contoso", "exchange.email.received")


def test_outcomes_are_counted_by_action_and_code(ears: Heard) -> None:
    kept = Kept()
    outbox = MeasuredOutbox(kept)
    events = [
        outcome("exchange.action.succeeded", action="sendEmail", result={}),
        outcome("exchange.action.failed", action="sendEmail", error={"code": "throttled"}),
        outcome("exchange.action.failed", action="mail to kim@fabrikam.example", error={"code": "invalid_parameters"}),
        outcome("exchange.connection.suspended"),
    ]
    with trigger("perform_action"):
        for event in events:
            outbox.tell("contoso", event)
        outbox.start_process("contoso", outcome("exchange.email.received"))
    assert ears.values() == {
        ("exchange.actions.finished", "sendEmail", "none", "succeeded"): 1,
        ("exchange.actions.finished", "sendEmail", "throttled", "failed"): 1,
        ("exchange.actions.finished", "unknown", "invalid_parameters", "failed"): 1,
    }
    assert kept.events == events
    assert "event exchange.email.received" in ears.spans


def test_without_an_exporter_nothing_is_loaded_and_nothing_is_told() -> None:
    code = (
        "import sys; from shared.triggers.listening import listen_if_wanted; listen_if_wanted();"
        "from shared.telemetry import *\n"
        "with trigger('perform_action', about=lambda: 1 / 0), step('EWS SendItem') as told:\n"
        "    told.tell({'a': 1}); count(Counter.THROTTLED); measure(Gauge.POISON, 1)\n"
        "print(listening(), recording(), [name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    assert _python(code) == "False False []"


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"OTEL_TRACES_EXPORTER": "console"}, "True"),
        ({"OTEL_METRICS_EXPORTER": "console"}, "True"),
        ({"OTEL_TRACES_EXPORTER": "none"}, "False"),
        ({"OTEL_TRACES_EXPORTER": "console", "OTEL_SDK_DISABLED": "true"}, "False"),
    ],
)
def test_opentelemetrys_own_settings_decide(settings: dict[str, str], wanted: str) -> None:
    code = "from shared.triggers.listening import *; from shared.telemetry import *; listen_if_wanted(); print(listening())"
    assert _python(code, **settings) == wanted


def test_a_wrong_exporter_leaves_the_functions_at_work() -> None:
    code = (
        "from shared.triggers.listening import *; from shared.telemetry import *; listen_if_wanted()\n"
        "with trigger('perform_action'), step('EWS SendItem'): print('worked')"
    )
    assert _python(code, OTEL_TRACES_EXPORTER="nobody_knows_me") == "worked"


def _python(code: str, **settings: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=settings, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def test_silence_is_the_rule() -> None:
    listen(None)
    assert not listening()
