"""Every message and event that passes is checked against the JSON Schemas that the running stack publishes."""

from collections.abc import Callable
from functools import cache
from typing import Any

import jsonschema_rs
import requests

Get = Callable[[str], requests.Response]


class Contract:
    """``get`` fetches a path of the stack."""

    def __init__(self, get: Get) -> None:
        self._validator = cache(lambda name: _validator(get, name))

    def message(self, message: dict[str, Any]) -> None:
        """What a process puts on the queue. A message of the connector's own moves an action that is recorded."""
        if "resume" not in message:
            self._validator("ActionMessage").validate(message)
            if "parameters" in message:
                self._validator(str(message["action"])).validate(message["parameters"])

    def event(self, event: dict[str, Any]) -> None:
        """Whole, and its data by its type."""
        self._validator("CloudEvent").validate(event)
        if "data" in event:
            self._validator(event["type"].removeprefix("exchange.")).validate(event["data"])


def _validator(get: Get, name: str) -> Any:
    answer = get(f"/schemas/{name}")
    assert answer.ok, answer.text
    return jsonschema_rs.validator_for(answer.json(), validate_formats=True)
