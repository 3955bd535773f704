"""The connector's own metrics: infra/alerts.bicep asks for them, docs/operations.md explains them."""

from enum import StrEnum


class Counter(StrEnum):
    ACTIONS_FINISHED = "exchange.actions.finished"
    """By action, outcome and code."""
    THROTTLED = "exchange.throttled"
    """By door (EWS, Graph, Entra): it asked for fewer requests."""
    GIVEN_UP = "exchange.messages.given_up"
    """By queue: a message came to its poison queue."""
    SERVER_ERRORS = "exchange.http.server_errors"
    """By route and status."""


class Gauge(StrEnum):
    OLDEST_WAITING = "exchange.actions.oldest_waiting"
    """Seconds since the oldest unfinished action that nobody works on was due."""
    MAILBOX_LAG = "exchange.mailbox.lag"
    """Seconds since the oldest check of a folder was due."""
    SUSPENDED = "exchange.connections.suspended"
    POISON = "exchange.messages.poison"
    """By queue: what lies on its poison queue."""
