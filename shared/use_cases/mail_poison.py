"""Messages of mail in that failed five times: a check comes again by itself, a delivery is taken apart."""

import logging
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from shared.domain.ledger import Entry, Verdict
from shared.domain.mail_work import Delivery, singles
from shared.ports.ledger import Ledger
from shared.ports.queues import Queue, Queues

_TRIES = 3
_PAUSE = timedelta(minutes=2)
_log = logging.getLogger(__name__)


class MailPoison:
    def __init__(self, *, ledger: Ledger, queues: Queues) -> None:
        self._ledger = ledger
        self._queues = queues

    def check(self, document: Any) -> None:
        """Its folder stays in the index by time, so that the next tick asks again."""
        folder = document.get("folder") if isinstance(document, dict) else None
        _log.error("the check of folder %s failed five times; it is tried again at the next tick", folder)

    def delivery(self, document: Any) -> None:
        """Each line alone, so that the one that fails is found; who fails alone again and again is quarantined."""
        try:
            delivery = Delivery.model_validate(document)
        except ValidationError:
            _log.error("a delivery that nobody can read was dropped; what is pending is put on the queue by the sweep")
            return
        alone = len(delivery.lines) + len(delivery.specials) == 1
        if alone and delivery.tries >= _TRIES:
            self._give_up(delivery)
            return
        for single in singles(delivery):
            later = single.model_copy(update={"tries": delivery.tries + 1 if alone else 0})
            self._queues.put(Queue.DELIVERIES, later.model_dump(mode="json", by_alias=True), delay=_PAUSE)

    def _give_up(self, delivery: Delivery) -> None:
        for watch_id, key in delivery.lines:
            self._ledger.change(watch_id, self._ledger.find(watch_id, [key]), _quarantined)
        for special in delivery.specials:
            _log.error("mail %s could not be examined and is left alone", special)


def _quarantined(entry: Entry) -> Entry | None:
    if entry.settled:
        return None
    because = "internal_error: this mail could not be processed, however often it was tried."
    return entry.model_copy(update={"verdict": Verdict.QUARANTINED, "because": because})
