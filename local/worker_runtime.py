"""Runs in a process of its own: Microsoft's worker runtime indexes the app in a folder and invokes the functions named.

    python local/worker_runtime.py FOLDER [FUNCTION …]

It prints one line of JSON: the names of all functions, and what came of each call.

The runtime normally gets its messages from the host by protocol buffers; here it gets plain objects instead.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any

from azure_functions_runtime import functions_metadata_request, start_threadpool_executor, worker_init_request
from azure_functions_runtime.bindings.datumdef import Datum
from azure_functions_runtime.native_invocation import invocation_request_native


class Plain:
    """Stands for any message class: keeps what it was made with."""

    in_, out, inout, undefined = 0, 1, 2, 0
    Success, Failure = 1, 0

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


class Protos:
    def __getattr__(self, name: str) -> type[Plain]:
        made: type[Plain] = type(name, (Plain,), {"DataType": Plain, "Direction": Plain})
        setattr(self, name, made)
        return made


HOSTS_SPAN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
HTTP: dict[str, Any] = {
    "method": "GET",
    "url": "http://localhost/api/health",
    "headers": {},
    "params": {},
    "query": {},
    "body": None,
    "rawBody": None,
}


async def main(folder: str, wanted: Sequence[str]) -> dict[str, Any]:
    sys.path.insert(0, folder)  # as the worker does it with the app's folder
    start_threadpool_executor()
    request = Plain(
        request=Plain(worker_init_request=Plain(capabilities={}, function_app_directory=folder)),
        properties={"host": "127.0.0.1", "protos": Protos()},
    )
    begun = await worker_init_request(request)
    if begun.result.status != Plain.Success:
        raise SystemExit(begun.result.exception.message)
    metadata = await functions_metadata_request(Plain())
    ids = {function.name: function.function_id for function in metadata.function_metadata_results}
    told: dict[str, Any] = {"functions": sorted(ids)}
    inputs = {
        "http_health": [("req", _http())],
        "perform_action": [("message", Datum(b"this is no JSON", "bytes"))],
        "sweep_actions": [("timer", Datum(json.dumps({"IsPastDue": False}), "json"))],
    }
    for name in wanted:
        arguments = inputs[name]
        ok, answer, _, error, trace = await invocation_request_native(
            "invocation-1", ids[name], arguments, _metadata(), trace_parent=HOSTS_SPAN
        )
        told[name] = {"ok": ok, "answer": _shown(answer), "error": error, "trace": trace}
    return told


def _http() -> Datum:
    text = {name: Datum(value, "string") for name, value in HTTP.items() if isinstance(value, str)}
    empty: dict[str, Datum] = {}
    return Datum({**text, "headers": empty, "params": empty, "query": empty, "body": Datum(b"", "bytes")}, "http")


def _metadata() -> dict[str, Datum]:
    return {"Id": Datum('"message-1"', "json"), "DequeueCount": Datum("1", "json"), "PopReceipt": Datum('"x"', "json")}


def _shown(answer: Any) -> Any:
    if answer is None or answer.type != "http":
        return None
    body = answer.value["body"].value
    return {
        "status": int(answer.value["status_code"].value),
        "body": body.decode() if isinstance(body, bytes) else body,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(sys.argv[1], sys.argv[2:]))) + "\n")
