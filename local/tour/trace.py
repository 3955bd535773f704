"""What an operator sees of the e-mail of the second step: one trace with all its steps. Only with OTEL_TRACES_EXPORTER=console."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from local.launcher.child import output_name
from local.tour import send_mail
from local.tour.stage import Stage

TITLE = "The trace of that e-mail, as OpenTelemetry has it"
Span = dict[str, Any]


def is_printed(environ: Mapping[str, str]) -> bool:
    return "console" in environ.get("OTEL_TRACES_EXPORTER", "")


def play(stage: Stage) -> str:
    action = send_mail.action_id(stage)
    spans = stage.wait(lambda: finished_trace(stage.logs, action), f"the trace of {action}")
    root, *steps = sorted(spans, key=lambda span: (not is_call(span), span["start_time"]))
    lines = [f"{root['name']}, action {action}, trace {root['context']['trace_id']}: {_milliseconds(root):.1f} ms"]
    lines += [f"  {_offset(root, span):7.1f}  {span['name']:<42} {_milliseconds(span):6.1f} ms" for span in steps]
    return "\n".join(lines)


def finished_trace(logs: Path, action: str) -> list[Span] | None:
    """The spans of the trace in which the action ended; None until it is there."""
    spans = list(printed_spans(logs))
    for root in spans:
        if is_call(root) and root["attributes"].get("exchange.action.id") == action:
            trace = [span for span in spans if span["context"]["trace_id"] == root["context"]["trace_id"]]
            if any(span["name"].startswith("event exchange.action.") for span in trace):
                return trace
    return None


def is_call(span: Span) -> bool:
    """A call of a function; what stands above it is the host's own span, which the host tells."""
    return bool(span["kind"] != "SpanKind.CLIENT")


def printed_spans(logs: Path) -> Iterator[Span]:
    """Of all processes of the functions, so far."""
    for path in sorted(logs.glob(output_name("functions*"))):
        yield from printed(path.read_text("utf-8", "replace"))


def printed(text: str) -> Iterator[Span]:
    """One JSON object after the other, the last one perhaps not whole yet."""
    decoder, position = json.JSONDecoder(), 0
    while (start := text.find("{", position)) >= 0:
        try:
            found, position = decoder.raw_decode(text, start)
        except ValueError:
            return
        if "parent_id" in found:
            yield found


def _milliseconds(span: Span) -> float:
    return (_at(span, "end_time") - _at(span, "start_time")).total_seconds() * 1000


def _offset(root: Span, span: Span) -> float:
    return (_at(span, "start_time") - _at(root, "start_time")).total_seconds() * 1000


def _at(span: Span, name: str) -> datetime:
    return datetime.fromisoformat(span[name])
