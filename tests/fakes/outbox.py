"""What the process engine would have got. What an engine could not read by the published schemas is not taken."""

from threading import Lock

from shared.domain.event import CloudEvent
from shared.triggers.http.openapi import load
from shared.triggers.http.schemas import MODELS, known_name
from tests.fakes.faults import Failing


class FakeOutbox(Failing):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, CloudEvent]] = []
        self.started: list[tuple[str, CloudEvent]] = []
        self._lock = Lock()

    def tell(self, organization: str, event: CloudEvent) -> None:
        with self._call("tell"), self._lock:
            _check(event)
            self.told.append((organization, event))

    def start_process(self, organization: str, event: CloudEvent) -> None:
        with self._call("start_process"), self._lock:
            _check(event)
            self.started.append((organization, event))

    @property
    def events(self) -> list[CloudEvent]:
        """What was told, without the organizations."""
        with self._lock:
            return [event for _, event in self.told]

    @property
    def starts(self) -> list[CloudEvent]:
        with self._lock:
            return [event for _, event in self.started]


def _check(event: CloudEvent) -> None:
    """Raises for data that is not as its type's schema says."""
    if event.dataref is None:
        load(MODELS[known_name(event.type.removeprefix("exchange."))]).model_validate(event.data)
