"""Opens a mailbox for a connection: the one way to Exchange, with everything that protects servers and accounts.

    with access.open(stored_connection) as mailbox: ...

Order: suspension, lane, account gate (one read), secret, then the visit. What the server says is told to the gate.
``LaneFull`` and other NotNow mean: put the work back.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.domain.account import Go, Prove, Refused, account_key
from shared.domain.connection import Connection, ConnectionState, Discovered, Secret
from shared.errors import AccessLost, ConnectorError, NotFound, NotNow, Rejected
from shared.ports.exchange import Exchange
from shared.ports.mailbox import Mailbox
from shared.ports.records import Records, Stale, Stored
from shared.ports.vault import Vault
from shared.use_cases.account_gate import AccountGate, refused_error
from shared.use_cases.connection_suspension import ConnectionSuspension
from shared.use_cases.lanes import FirstOnes, Lanes
from shared.use_cases.watched_mailbox import watched

SIGN_IN_REFUSALS = frozenset({"password_refused", "account_locked", "secret_refused"})
"""What may count against the account at the server; every other lost access is certain at once."""
_log = logging.getLogger(__name__)


class MailboxAccess:
    def __init__(
        self,
        *,
        connections: Records[Connection],
        exchange: Exchange,
        vault: Vault,
        gate: AccountGate,
        suspension: ConnectionSuspension,
        lanes: Lanes,
        first_ones: FirstOnes,
    ) -> None:
        self._connections = connections
        self._exchange = exchange
        self._vault = vault
        self._gate = gate
        self._suspension = suspension
        self._lanes = lanes
        self._first_ones = first_ones

    @contextmanager
    def open(self, stored: Stored[Connection]) -> Iterator[Mailbox]:
        """Raises Rejected ``connection_suspended``, NotNow, and whatever the visit raises."""
        connection, account = stored.value, account_key(stored.value)
        if connection.status.state is ConnectionState.SUSPENDED:
            reason = connection.status.reason
            raise Rejected("connection_suspended", f"The connection is suspended: {reason.message if reason else ''}")
        with self._lanes.enter(f"{account}/{connection.address.casefold()}"), self._first_ones.visit(account):
            admission = self._gate.enter(connection)
            if isinstance(admission, Refused):
                self._suspend(stored, admission.code, admission.message)
                raise refused_error(admission)
            with self._visit(stored, _Verdict(self._gate, self._first_ones, connection, admission)) as mailbox:
                yield mailbox

    def secret_of(self, connection: Connection) -> Secret | None:
        """Raises NotNow ``vault_unavailable``, AccessLost where the vault has it no more."""
        if connection.secret_name is None:
            return None
        try:
            return Secret.model_validate_json(self._vault.get(connection.secret_name))
        except NotFound:
            raise AccessLost(
                "secret_refused", "Key Vault has this connection's secret no more: enter it again."
            ) from None

    @contextmanager
    def _visit(self, stored: Stored[Connection], verdict: "_Verdict") -> Iterator[Mailbox]:
        connection = stored.value
        try:
            with self._exchange.open(connection, self._opened_secret(stored)) as mailbox:
                yield watched(mailbox, answered=verdict.accepted, put_off=verdict.put_off)
                self._remember(stored, mailbox.discovered, answered=verdict.is_accepted)
        except AccessLost as lost:
            self._lost(stored, verdict, lost)
            raise
        finally:
            verdict.close()

    def _opened_secret(self, stored: Stored[Connection]) -> Secret | None:
        """Without its secret a connection is suspended, and no server was asked."""
        try:
            return self.secret_of(stored.value)
        except AccessLost as lost:
            self._suspend(stored, lost.code, lost.message)
            raise Rejected("connection_suspended", lost.message) from lost

    def _lost(self, stored: Stored[Connection], verdict: "_Verdict", lost: AccessLost) -> None:
        """Suspends the connection; raises NotNow instead where a second try is due first."""
        if lost.code not in SIGN_IN_REFUSALS:
            self._suspend(stored, lost.code, lost.message)
            return
        if not verdict.refused(lost):
            why = "The server refused a password that it had accepted before: one request will try again later."
            raise NotNow("throttled", why, retry_after=self._gate.second_try) from lost
        self._suspend(stored, lost.code, lost.message)
        self._suspend_others(stored, lost)

    def _suspend(self, stored: Stored[Connection], code: str, message: str) -> None:
        self._suspension.suspend(stored, code, message, cause=f"{stored.value.secret_name or 'none'}~{code}")

    def _suspend_others(self, stored: Stored[Connection], lost: AccessLost) -> None:
        """Every connection of the account with the same secret, compared in memory: none of them has to be refused too."""
        connection, secret = stored.value, _quietly(lambda: self.secret_of(stored.value))
        if secret is None:
            return
        for other in self._connections.everywhere():
            if other.value.id == connection.id or account_key(other.value) != account_key(connection):
                continue
            if _quietly(lambda one=other.value: self.secret_of(one)) == secret:  # type: ignore[misc]
                self._gate.also_refused(other.value, lost)
                self._suspend(other, lost.code, lost.message)

    def _remember(self, stored: Stored[Connection], discovered: Discovered, *, answered: bool) -> None:
        """What the first visit found out, and that it worked. Losing this costs a request, never correctness."""
        connection = stored.value
        discovered = discovered.model_copy(update={"message_ids": connection.discovered.message_ids})
        works = answered and connection.status.state is ConnectionState.UNTESTED
        if discovered == connection.discovered and not works:
            return
        fresh = connection.model_copy(update={"discovered": discovered})
        try:
            written = self._connections.replace(stored, fresh)
            if works:
                self._suspension.change_state(written, ConnectionState.OK, None)
        except (Stale, NotNow):
            _log.debug("connection %s changed meanwhile; what was discovered is not kept", connection.id)


class _Verdict:
    """What the server says of the log-in during one visit. Told to the gate once, as soon as it is known."""

    def __init__(self, gate: AccountGate, first_ones: FirstOnes, connection: Connection, admission: Go | Prove) -> None:
        self._gate = gate
        self._first_ones = first_ones
        self._connection = connection
        self._admission = admission
        self._open = True
        self.is_accepted = False

    def accepted(self) -> None:
        if self.is_accepted:
            return
        self.is_accepted = True
        self._open = False
        self._gate.accepted(self._connection, self._admission)
        self._admission = Go()
        self._first_ones.accepted(account_key(self._connection))

    def put_off(self, error: NotNow) -> None:
        self._gate.busy(self._connection, error)

    def refused(self, lost: AccessLost) -> bool:
        self._open = False
        return self._gate.refused(self._connection, self._admission, lost)

    def close(self) -> None:
        """Without a verdict somebody else may prove the secret."""
        if self._open:
            self._gate.undecided(self._connection, self._admission)


def _quietly(read: Callable[[], Secret | None]) -> Secret | None:
    try:
        return read()
    except ConnectorError:
        return None
