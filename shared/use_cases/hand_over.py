"""Hands prepared events to a webhook. One dead receiver takes no thread from others: it is asked by one at a time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Lock

from pydantic import TypeAdapter

from shared.domain.event import CloudEvent
from shared.domain.incoming import event_path
from shared.domain.ledger import Entry
from shared.domain.watch import ToWebhook, Watch
from shared.errors import NotNow
from shared.ports.blobs import Blobs
from shared.ports.clock import Clock
from shared.ports.vault import Vault
from shared.ports.webhook import Webhook

_SIDE_BY_SIDE = 4
_A_MOMENT = timedelta(seconds=3)
_FIRST_REST = timedelta(seconds=10)
_LONGEST_REST = timedelta(minutes=30)
_EVENTS = TypeAdapter(list[CloudEvent])


class ReceiverRests(NotNow):
    """Nothing was sent: the receiver failed a moment ago, or has enough to do."""

    def __init__(self, wait: timedelta, *, failing: bool) -> None:
        super().__init__("temporarily_unavailable", "The receiver did not take an earlier event.", retry_after=wait)
        self.failing = failing


class HandOver:
    def __init__(self, *, webhook: Webhook, blobs: Blobs, vault: Vault, clock: Clock) -> None:
        self._webhook = webhook
        self._blobs = blobs
        self._vault = vault
        self._clock = clock
        self._lock = Lock()
        self._busy: dict[str, int] = {}
        self._failures: dict[str, tuple[int, datetime]] = {}

    def keep(self, watch: Watch, entry: Entry, events: Sequence[CloudEvent]) -> str:
        """So that a later try asks nothing of Exchange."""
        path = event_path(watch.organization, entry.start_id.replace("~", "-r"))
        self._blobs.put(path, _EVENTS.dump_json(list(events), by_alias=True, exclude_none=True))
        return path

    def __call__(self, watch: Watch, entry: Entry) -> None:
        """Raises ReceiverRests, and what the webhook raises. NotFound: the prepared events are gone."""
        deliver = watch.settings.deliver
        assert isinstance(deliver, ToWebhook)
        events = _EVENTS.validate_json(self._blobs.get(entry.event_blob or ""))
        with self._turn(watch.id):
            for event in events:
                self._webhook.post(deliver.url, event, self._secrets(watch))

    @contextmanager
    def _turn(self, watch_id: str) -> Iterator[None]:
        self._begin(watch_id)
        try:
            yield
        except NotNow as error:
            self._failed(watch_id, error.retry_after)
            raise
        else:
            with self._lock:
                self._failures.pop(watch_id, None)
        finally:
            with self._lock:
                self._busy[watch_id] -= 1
                if not self._busy[watch_id]:
                    del self._busy[watch_id]

    def _begin(self, watch_id: str) -> None:
        with self._lock:
            failures, until = self._failures.get(watch_id, (0, self._clock.now()))
            if until > self._clock.now():
                raise ReceiverRests(until - self._clock.now(), failing=True)
            busy = self._busy.get(watch_id, 0)
            if busy >= (1 if failures else _SIDE_BY_SIDE):
                raise ReceiverRests(_A_MOMENT, failing=bool(failures))
            self._busy[watch_id] = busy + 1

    def _failed(self, watch_id: str, retry_after: timedelta | None) -> None:
        with self._lock:
            failures = self._failures.get(watch_id, (0, None))[0] + 1
            rest = retry_after or min(_LONGEST_REST, _FIRST_REST * 2 ** min(failures - 1, 10))
            self._failures[watch_id] = (failures, self._clock.now() + rest)

    def _secrets(self, watch: Watch) -> list[str]:
        names = [watch.secret_name]
        if watch.old_secret_until and self._clock.now() < watch.old_secret_until:
            names.append(watch.old_secret_name)
        return [self._vault.get(name) for name in names if name]
