"""Who may work on something alone, and until when."""

from shared.domain.model import Instant, Record


class LeaseRow(Record):
    until: Instant
