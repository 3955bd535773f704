"""A connection that the server refused is tried no more until somebody mends it; both turns are told to the engine."""

from datetime import datetime
from typing import Literal

from shared.domain.connection import Connection, ConnectionState, Reason
from shared.domain.event import CloudEvent
from shared.domain.event_data import ConnectionChanged
from shared.ports.clock import Clock
from shared.ports.outbox import Outbox
from shared.ports.records import Records, Stale, Stored

ATTEMPTS = 5


class ConnectionSuspension:
    def __init__(self, *, connections: Records[Connection], outbox: Outbox, clock: Clock) -> None:
        self._connections = connections
        self._outbox = outbox
        self._clock = clock

    def suspend(self, stored: Stored[Connection], code: str, message: str, *, cause: str) -> None:
        """``cause`` makes the event's id, with the time of the state that ends: the same refusal is one event, however
        often it is reported.
        """
        current = self._connections.get(stored.partition, stored.key)
        if current is None or current.value.secret_name != stored.value.secret_name:
            return
        if current.value.status.state is not ConnectionState.SUSPENDED:
            self._tell(current.value, "suspended", code, message, cause)
        self.change_state(current, ConnectionState.SUSPENDED, Reason(code=code, message=message))

    def lift(self, stored: Stored[Connection], state: ConnectionState, *, cause: str) -> None:
        """After a new secret or a successful test. A connection that was not suspended only changes its state."""
        connection = stored.value
        if connection.status.state is ConnectionState.SUSPENDED:
            reason = connection.status.reason
            self._tell(connection, "restored", reason.code if reason else "", "The connection is in use again.", cause)
        self.change_state(stored, state, None)

    def change_state(self, stored: Stored[Connection], state: ConnectionState, reason: Reason | None) -> None:
        """Only while the connection still has the secret that this is about."""
        current: Stored[Connection] | None = stored
        for _ in range(ATTEMPTS):
            if current is None or current.value.secret_name != stored.value.secret_name:
                return
            if current.value.status.state is state and current.value.status.reason == reason:
                return
            try:
                self._connections.replace(current, _with_state(current.value, state, reason, self._clock.now()))
            except Stale:
                current = self._connections.get(stored.partition, stored.key)
            else:
                return

    def _tell(
        self, connection: Connection, turn: Literal["suspended", "restored"], code: str, message: str, cause: str
    ) -> None:
        told = ConnectionChanged(connection_id=connection.id, code=code, message=message)
        since = connection.status.since.strftime("%Y%m%dT%H%M%S%f")
        event = CloudEvent(
            id=f"{connection.id}~{turn}~{cause}~{since}",
            source=f"/organizations/{connection.organization}/connections/{connection.id}",
            type=f"exchange.connection.{turn}",
            subject=connection.id,
            time=self._clock.now(),
            data=told.model_dump(by_alias=True),
        )
        self._outbox.tell(connection.organization, event)


def _with_state(connection: Connection, state: ConnectionState, reason: Reason | None, now: datetime) -> Connection:
    since = now if connection.status.state is not state else connection.status.since
    status = connection.status.model_copy(update={"state": state, "reason": reason, "since": since})
    return connection.model_copy(update={"status": status})
