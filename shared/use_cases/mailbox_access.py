"""Opens a mailbox for a connection: the one way to Exchange, with everything that protects servers and accounts.

    with access.open(stored_connection) as mailbox: ...

Order: suspension, account gate (one query), secret, lane, then the visit. What the visit raises is told to the gate and
passed on. ``LaneFull`` and other NotNow mean: put the work back.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.domain.account import Go, Prove, Refused, account_key
from shared.domain.connection import Connection, ConnectionState, Discovered, Secret
from shared.errors import AccessLost, ConnectorError, NotFound, NotNow, Rejected
from shared.ports import Exchange, Mailbox, Records, Stale, Stored, Vault
from shared.use_cases.account_gate import AccountGate, refused_error
from shared.use_cases.connection_suspension import ConnectionSuspension
from shared.use_cases.lanes import FirstOnes, LaneFull, Lanes

SIGN_IN_REFUSALS = frozenset(
    {
        "password_refused",
        "account_locked",
        "mfa_required",
        "secret_expired",
        "secret_refused",
        "app_unknown",
        "consent_missing",
    }
)
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
        connection = stored.value
        if connection.status.state is ConnectionState.SUSPENDED:
            reason = connection.status.reason
            raise Rejected("connection_suspended", f"The connection is suspended: {reason.message if reason else ''}")
        with self._lanes.enter(f"{account_key(connection)}/{connection.address.casefold()}"):
            admission = self._gate.enter(connection)
            if isinstance(admission, Refused):
                self._suspend(stored, AccessLost(admission.code, admission.message))  # type: ignore[arg-type]
                raise refused_error(admission)
            with self._visit(stored, admission) as mailbox:
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
    def _visit(self, stored: Stored[Connection], admission: Go | Prove) -> Iterator[Mailbox]:
        connection = stored.value
        try:
            secret = self.secret_of(connection)
            with (
                self._first_ones.visit(account_key(connection)),
                self._exchange.open(connection, secret) as mailbox,
            ):
                yield mailbox
                self._gate.accepted(connection, admission)
                self._remember(stored, mailbox.discovered, proved=isinstance(admission, Prove))
        except AccessLost as lost:
            self._lost(stored, admission, lost)
            raise
        except LaneFull:
            self._gate.undecided(connection, admission)
            raise
        except NotNow as error:
            self._gate.undecided(connection, admission)
            if error.code == "throttled":
                self._gate.busy(connection, error)
            raise
        except ConnectorError:
            # Refused for its content: the account itself was accepted.
            self._gate.accepted(connection, admission)
            raise
        except BaseException:
            self._gate.undecided(connection, admission)
            raise

    def _lost(self, stored: Stored[Connection], admission: Go | Prove, lost: AccessLost) -> None:
        connection = stored.value
        if lost.code not in SIGN_IN_REFUSALS:
            self._gate.undecided(connection, admission)
            self._suspend(stored, lost)
            return
        proved_before = isinstance(admission, Go)
        if not self._gate.refused(connection, admission, lost):
            why = "The server refused a password that it had accepted before: one request will try again later."
            raise NotNow("throttled", why, retry_after=self._gate.second_try) from lost
        self._suspend(stored, lost)
        if not proved_before:
            self._suspend_others(stored, lost)

    def _suspend(self, stored: Stored[Connection], lost: AccessLost) -> None:
        cause = f"{stored.value.secret_name or 'none'}~{lost.code}"
        self._suspension.suspend(stored, lost.code, lost.message, cause=cause)

    def _suspend_others(self, stored: Stored[Connection], lost: AccessLost) -> None:
        """Every connection of the account with the same secret, compared in memory: none of them has to be refused too."""
        connection, secret = stored.value, self.secret_of(stored.value)
        for other in self._connections.everywhere():
            if other.value.id == connection.id or account_key(other.value) != account_key(connection):
                continue
            if other.value.secret_name and _quietly(lambda one=other: self.secret_of(one.value)) == secret:  # type: ignore[misc]
                self._gate.also_refused(other.value, lost)
                self._suspend(other, lost)

    def _remember(self, stored: Stored[Connection], discovered: Discovered, *, proved: bool) -> None:
        """What the first visit found out, and that it worked. Losing this costs a request, never correctness."""
        connection = stored.value
        untested = proved and connection.status.state is ConnectionState.UNTESTED
        if discovered == connection.discovered and not untested:
            return
        status = connection.status
        if untested:
            status = status.model_copy(update={"state": ConnectionState.OK})
        try:
            self._connections.replace(
                stored, connection.model_copy(update={"discovered": discovered, "status": status})
            )
        except Stale:
            _log.debug("connection %s changed meanwhile; what was discovered is not kept", connection.id)


def _quietly(read: Callable[[], Secret | None]) -> Secret | None:
    try:
        return read()
    except ConnectorError:
        return None
