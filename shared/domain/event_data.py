"""What the events carry that are not about one subject of their own: outcomes of actions, connections and watches that
change, bounces, messages that nobody could read. ``/api/schemas`` publishes these models.
"""

from typing import Any

from shared.domain.model import Instant, Model


class OutcomeError(Model):
    code: str
    message: str
    field: str | None = None


class ActionEnded(Model):
    action_id: str
    action: str
    correlation: dict[str, Any]
    attempts: int
    started_at: Instant | None = None
    finished_at: Instant


class ActionSucceeded(ActionEnded):
    """``result`` as each kind of action describes it."""

    result: dict[str, Any] | None = None


class ActionFailed(ActionEnded):
    error: OutcomeError


class ConnectionChanged(Model):
    """Suspended or restored; ``code`` and ``message`` of what the server refused."""

    connection_id: str
    code: str
    message: str


class WatchChanged(Model):
    """Suspended or restored."""

    watch_id: str
    connection_id: str
    code: str
    message: str


class EmailBounced(Model):
    action_id: str
    recipient: str | None = None
    reason: str | None = None
    correlation: dict[str, Any] | None = None


class MessageRejected(Model):
    """``blob`` holds the message as it came; ``id`` and ``organization`` where they could be read."""

    reason: str
    code: str
    blob: str
    id: str | None = None
    organization: str | None = None
