"""Posts one event to a receiver and reads its answer as a verdict.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from shared.domain.event import CloudEvent
from shared.errors import NotNow, Rejected
from shared.network.session import Network
from shared.ports.clock import Clock
from shared.telemetry import step

if TYPE_CHECKING:
    import requests

ANSWER_WITHIN = timedelta(seconds=20)
_LONGEST_WAIT = timedelta(hours=24)
_TYPE = "application/cloudevents+json; charset=utf-8"
_GONE = 410
_BUSY = frozenset({429, 502, 503, 504})


class SignedPost:
    """Redirects are not followed, every address is vetted, and nothing of the receiver's answer is passed on."""

    def __init__(self, network: Network, clock: Clock) -> None:
        self._session = network.session(answer_within=ANSWER_WITHIN)
        self._clock = clock

    def post(self, url: str, event: CloudEvent, secrets: Sequence[str]) -> None:
        body = event.model_dump_json(by_alias=True, exclude_none=True)
        headers = {"Content-Type": _TYPE, "User-Agent": "exchange-connector", **self._signed(event.id, body, secrets)}
        with step("webhook POST") as told:
            answer = self._session.post(url, data=body.encode(), headers=headers, stream=True)
            told.tell({"http.response.status_code": answer.status_code})
            try:
                self._judge(answer)
            finally:
                answer.close()

    def _signed(self, event_id: str, body: str, secrets: Sequence[str]) -> dict[str, str]:
        from standardwebhooks import Webhook

        now = self._clock.now()
        signatures = [Webhook(secret).sign(event_id, now, body) for secret in secrets]
        return {
            "webhook-id": event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }

    def _judge(self, answer: "requests.Response") -> None:
        status = answer.status_code
        if answer.ok and status < 300:  # noqa: PLR2004  (2xx is taken, 3xx is not followed)
            return
        if status == _GONE:
            raise Rejected("receiver_gone", "The webhook answered 410: it does not want any more events.")
        words = f"The webhook answered {status} instead of 2xx."
        if status in _BUSY:
            raise NotNow("server_busy", words, retry_after=_retry_after(answer, self._clock.now()))
        raise NotNow("temporarily_unavailable", words)


def _retry_after(answer: "requests.Response", now: datetime) -> timedelta | None:
    """Seconds or a date (RFC 9110); at most a day."""
    text = answer.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), _LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(text)
        return min(max(at - now, timedelta()), _LONGEST_WAIT)
    except (TypeError, ValueError):
        return None
