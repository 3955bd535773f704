"""Leases as records: taken, renewed and given back by guarded writes. A holder that dies loses it when its time is up."""

from datetime import timedelta
from hashlib import sha256

from shared.domain.lease import LeaseRow
from shared.ports.clock import Clock
from shared.ports.leases import Lease
from shared.ports.records import AlreadyThere, Records, Stale


class RecordLeases:
    def __init__(self, records: Records[LeaseRow], clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def acquire(self, name: str, seconds: float) -> Lease | None:
        digest = sha256(name.encode()).hexdigest()
        partition, row = f"lease-{digest[:2]}", self._row(seconds)
        try:
            return Lease(name, row.until, self._records.create(partition, digest, row))
        except AlreadyThere:
            there = self._records.get(partition, digest)
        if there is None or there.value.until > self._clock.now():
            return None
        try:
            return Lease(name, row.until, self._records.replace(there, row))
        except Stale:
            return None

    def renew(self, lease: Lease, seconds: float) -> Lease | None:
        row = self._row(seconds)
        try:
            return Lease(lease.name, row.until, self._records.replace(lease.proof, row))
        except Stale:
            return None

    def release(self, lease: Lease) -> None:
        try:
            self._records.delete(lease.proof)
        except Stale:
            return  # lost in the meantime: it is another's now

    def _row(self, seconds: float) -> LeaseRow:
        return LeaseRow(until=self._clock.now() + timedelta(seconds=seconds))
