"""What the connector tells the process engine: CloudEvents 1.0, structured JSON."""

from typing import Any, Literal

from shared.domain.model import Instant, Model


class CloudEvent(Model):
    """``data`` or, when the whole would not fit into a queue message, ``dataref``: the path of the blob that holds it."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str | None = None
    time: Instant
    datacontenttype: Literal["application/json"] = "application/json"
    data: dict[str, Any] | None = None
    dataref: str | None = None
