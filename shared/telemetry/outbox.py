"""An outbox that tells operators what it tells the process engine: how many actions ended, and how."""

from shared.domain.action import ActionName
from shared.domain.event import CloudEvent
from shared.ports.outbox import Outbox
from shared.telemetry import Counter, count, step

_OUTCOME = "exchange.action."


class MeasuredOutbox:
    """An event that is repeated after a crash is counted again: the counter is for alerts, not for bookkeeping."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def tell(self, organization: str, event: CloudEvent) -> None:
        with step(f"event {event.type}"):
            self._outbox.tell(organization, event)
        if event.type.startswith(_OUTCOME):
            _count(event)

    def start_process(self, organization: str, event: CloudEvent) -> None:
        with step(f"event {event.type}"):
            self._outbox.start_process(organization, event)


def _count(event: CloudEvent) -> None:
    """A message that nobody could read may call its action whatever it likes: only known names become attributes."""
    data = event.data or {}
    action = str(data.get("action"))
    attributes = {
        "action": action if action in set(ActionName) else "unknown",
        "outcome": event.type.removeprefix(_OUTCOME),
        "code": str((data.get("error") or {}).get("code", "none")),
    }
    count(Counter.ACTIONS_FINISHED, attributes)
