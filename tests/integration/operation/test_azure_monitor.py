"""What reaches Application Insights, by the settings that Bicep gives: the exporter itself, against an ingestion of our own."""

import gzip
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.infra.bicep import Bicep, properties, strings
from tests.infra.code import ROOT

EXPORTERS = ("OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER")
WORK = """
import logging
from shared.errors import NotNow
from shared.redaction import install
from shared.telemetry import *
from shared.triggers.listening import listen_if_wanted

install()
listen_if_wanted()
logging.getLogger().setLevel(logging.INFO)
with trigger("perform_action", about=lambda: {"exchange.action.id": "order-4711"}):
    with step("EWS SendItem"):
        logging.getLogger("shared.use_cases").warning("sent to kim@fabrikam.example, password=Blue-42")
        logging.getLogger("azure.core.pipeline").info("GET https://account/table(kim@fabrikam.example)")
    count(Counter.ACTIONS_FINISHED, {"action": "sendEmail", "outcome": "failed", "code": "throttled"})
    measure(Gauge.MAILBOX_LAG, 42)
"""


class Ingestion(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        envelopes = json.loads(body)
        self.server.envelopes += envelopes  # type: ignore[attr-defined]
        answer = json.dumps({"itemsReceived": len(envelopes), "itemsAccepted": len(envelopes), "errors": []}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Silent."""


@contextmanager
def ingestion() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Ingestion) as server:
        server.envelopes = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", server.envelopes  # type: ignore[attr-defined]
        finally:
            server.shutdown()
            thread.join()


def exporter() -> str:
    """As infra/functionApp.bicep names it."""
    app = Bicep(ROOT / "infra" / "functionApp.bicep")
    settings = properties(properties(app.of("resource")["settings"].body)["properties"])
    assert {settings[name].text for name in EXPORTERS} == {b"telemetryExporter"}
    (name,) = strings(app.of("var")["telemetryExporter"].node)
    return name


def test_spans_metrics_and_lines_arrive_under_the_names_that_alerts_ask_for() -> None:
    with ingestion() as (url, envelopes):
        key = "00000000-0000-0000-0000-000000000000"
        environment = {
            **dict.fromkeys(EXPORTERS, exporter()),
            "APPLICATIONINSIGHTS_CONNECTION_STRING": f"InstrumentationKey={key};IngestionEndpoint={url};LiveEndpoint={url}",
            "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
            "OTEL_SERVICE_NAME": "func-exchange",
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": "1.0",
        }
        command = [sys.executable, "-c", WORK]
        run = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert run.returncode == 0, run.stderr
    data = [(one["data"]["baseType"], one["data"]["baseData"], one["tags"]) for one in envelopes]

    names = {facts["name"]: facts for kind, facts, _ in data if kind in {"RequestData", "RemoteDependencyData"}}
    assert set(names) == {"perform_action", "EWS SendItem"}
    assert names["EWS SendItem"]["properties"]["exchange.action.id"] == "order-4711"
    operations = {tags["ai.operation.id"] for kind, _, tags in data if kind != "MetricData"}
    assert len(operations) == 1, "lines of the log belong to the trace"

    points = {
        point["name"]: (point["value"], facts["properties"])
        for kind, facts, _ in data
        if kind == "MetricData"
        for point in facts["metrics"]
    }
    assert points["exchange.mailbox.lag"][0] == 42
    assert points["exchange.actions.finished"] == (1, {"action": "sendEmail", "outcome": "failed", "code": "throttled"})

    lines = [facts["message"] for kind, facts, _ in data if kind == "MessageData"]
    assert len(lines) == 1
    assert lines[0].startswith("sent to (address ")
    text = json.dumps(envelopes)
    assert [word for word in ("@", "fabrikam", "Blue-42") if word in text] == []
    assert {tags["ai.cloud.role"] for _, _, tags in data} == {"func-exchange"}
