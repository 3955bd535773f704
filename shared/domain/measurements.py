"""How the whole installation is doing at this moment, as the alerts need it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measurements:
    """Zero seconds: nothing waits. ``poison``: messages on the poison queue of each queue."""

    oldest_waiting_seconds: int
    mailbox_lag_seconds: int
    suspended_connections: int
    poison: Mapping[str, int]
