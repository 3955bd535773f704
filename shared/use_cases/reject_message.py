"""A message that no action can be made of is kept as it came, and reported."""

from hashlib import sha256
from typing import Any

from shared.domain.event import CloudEvent
from shared.domain.event_data import MessageRejected
from shared.domain.model import ActionId, Model, OrganizationId
from shared.ports.blobs import Blobs
from shared.ports.clock import Clock
from shared.ports.outbox import Outbox

NOBODY = "unknown"


class _Named(Model):
    id: ActionId
    organization: OrganizationId


class RejectMessage:
    def __init__(self, *, blobs: Blobs, outbox: Outbox, clock: Clock) -> None:
        self._blobs = blobs
        self._outbox = outbox
        self._clock = clock

    def __call__(self, text: bytes, reason: str, document: Any = None, *, code: str = "invalid_request") -> None:
        """The event's id is derived from the text: the same message is reported once, however often it is delivered."""
        digest = sha256(text).hexdigest()
        organization, action_id = _named(document, "organization"), _named(document, "id")
        owner = organization or NOBODY
        path = f"incoming/{owner}/rejected/{digest}.txt"
        self._blobs.put(path, text, content_type="text/plain; charset=utf-8")
        data = MessageRejected(reason=reason, code=code, blob=path, id=action_id, organization=organization)
        event = CloudEvent(
            id=f"rejected~{digest}",
            source=f"/organizations/{owner}",
            type="exchange.message.rejected",
            subject=action_id,
            time=self._clock.now(),
            data=data.model_dump(by_alias=True, exclude_none=True),
        )
        self._outbox.tell(owner, event)


def _named(document: Any, name: str) -> str | None:
    """A field that is sound in itself, whatever is wrong with the others."""
    value = document.get(name) if isinstance(document, dict) else None
    try:
        _Named.model_validate({"id": "a", "organization": "a", name: value})
    except ValueError:
        return None
    return str(value)
