"""Whether anything in an organization needs a human, at one look."""

from shared.domain.model import Count, Instant, Model


class ConnectionCounts(Model):
    untested: Count = 0
    ok: Count = 0
    suspended: Count = 0


class ActionCounts(Model):
    scheduled: Count = 0
    queued: Count = 0
    running: Count = 0
    waiting: Count = 0
    failed_last_day: Count = 0


class OrganizationStatus(Model):
    """``poison`` counts the messages that were given up, by queue, of the whole installation."""

    connections: ConnectionCounts
    actions: ActionCounts
    oldest_waiting_at: Instant | None = None
    mailbox_lag_seconds: Count | None = None
    quarantined: Count = 0
    poison: dict[str, Count]
    ews_days_left: Count | None = None
