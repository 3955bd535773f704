"""The door before each log-in: keeps what servers said of accounts, over all instances, and asks one request at a time
where an account could be locked out.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from shared.domain.account import (
    ACCOUNT,
    PROOF_SECONDS,
    AccountRow,
    Go,
    Prove,
    Refused,
    Wait,
    account_key,
    admit,
    is_new,
    mailbox_key,
    secret_key,
)
from shared.domain.connection import Connection
from shared.errors import AccessLost, NotNow, Rejected
from shared.ports import AlreadyThere, Clock, Records, Stale, Stored

MOST_ROWS = 200
Change = Callable[[AccountRow], AccountRow]


class AccountGate:
    """``second_try``: how long an account rests after a refusal; ``proof``: how long one request may take to prove it."""

    def __init__(
        self,
        *,
        accounts: Records[AccountRow],
        clock: Clock,
        second_try: timedelta,
        proof: timedelta = timedelta(seconds=PROOF_SECONDS),
    ) -> None:
        self._proof = proof
        self._accounts = accounts
        self._clock = clock
        self.second_try = second_try

    def enter(self, connection: Connection, *, again: bool = False) -> Go | Prove | Refused:
        """One query. ``again``: try a refused secret once more. Raises NotNow while the account or mailbox rests."""
        now = self._clock.now()
        partition = account_key(connection)
        rows = {stored.key: stored for stored in self._accounts.list(partition, limit=MOST_ROWS).items}
        admission = admit({key: stored.value for key, stored in rows.items()}, connection, now)
        match admission:
            case Wait(until, why):
                raise NotNow("throttled", why, retry_after=until - now)
            case Refused() if again:
                key = secret_key(connection)
                return self._lease(partition, key, rows[key], now, forget=True)
            case Prove(key):
                return self._lease(partition, key, rows.get(key), now)
            case _:
                return admission

    def accepted(self, connection: Connection, admission: Go | Prove) -> None:
        """The server accepted the log-in that had to be proved."""
        if isinstance(admission, Go):
            return
        partition, now = account_key(connection), self._clock.now()
        if is_new(admission, connection):
            self._change(partition, secret_key(connection), lambda _: AccountRow(proved_at=now))
        else:
            self._change(
                partition, ACCOUNT, lambda row: row.model_copy(update={"rests_until": None, "proving_until": None})
            )

    def undecided(self, connection: Connection, admission: Go | Prove) -> None:
        """The server could not be asked: somebody else may try at once."""
        if isinstance(admission, Prove):
            self._change(
                account_key(connection), admission.row, lambda row: row.model_copy(update={"proving_until": None})
            )

    def refused(self, connection: Connection, admission: Go | Prove, lost: AccessLost) -> bool:
        """True: the secret is refused for good. False: an accepted one was refused, so the account rests first."""
        partition, now = account_key(connection), self._clock.now()
        rest = now + self.second_try
        if isinstance(admission, Go):
            self._change(
                partition, ACCOUNT, lambda row: row.model_copy(update={"rests_until": row.rests_until or rest})
            )
            return False
        self._change(
            partition,
            secret_key(connection),
            lambda _: AccountRow(refused_at=now, refusal_code=lost.code, refusal_message=lost.message),
        )
        changes = {"newcomers_rest_until": rest, "refused_at": now, "rests_until": None, "proving_until": None}
        self._change(partition, ACCOUNT, lambda row: row.model_copy(update=changes))
        return True

    def busy(self, connection: Connection, error: NotNow) -> None:
        """The server asked to leave this mailbox alone for a while: kept for all instances."""
        if error.retry_after is None:
            return
        until = self._clock.now() + error.retry_after
        self._change(
            account_key(connection),
            mailbox_key(connection),
            lambda _: AccountRow(busy_until=until, busy_because=error.message),
        )

    def also_refused(self, connection: Connection, lost: AccessLost) -> None:
        """Another connection of the account with the same secret: it need not be refused itself."""
        row = AccountRow(refused_at=self._clock.now(), refusal_code=lost.code, refusal_message=lost.message)
        self._change(account_key(connection), secret_key(connection), lambda _: row)

    def forget(self, connection: Connection) -> None:
        """The connection's secret is gone."""
        stored = self._accounts.get(account_key(connection), secret_key(connection))
        try:
            self._accounts.delete(stored) if stored else None
        except Stale:
            return  # whoever changed it is newer than we are

    def _lease(
        self, partition: str, key: str, stored: Stored[AccountRow] | None, now: datetime, *, forget: bool = False
    ) -> Prove:
        until = now + self._proof
        before = AccountRow() if stored is None or forget else stored.value
        row = before.model_copy(update={"proving_until": until})
        try:
            self._accounts.replace(stored, row) if stored else self._accounts.create(partition, key, row)
        except (AlreadyThere, Stale):
            why = "One request is finding out whether the server accepts the account."
            raise NotNow("throttled", why, retry_after=timedelta(seconds=2)) from None
        return Prove(key)

    def _change(self, partition: str, key: str, change: Change) -> None:
        for _ in range(10):
            stored = self._accounts.get(partition, key)
            try:
                if stored is None:
                    self._accounts.create(partition, key, change(AccountRow()))
                else:
                    self._accounts.replace(stored, change(stored.value))
            except (AlreadyThere, Stale):
                continue
            return
        raise NotNow("storage_unavailable", "The account's record changes too often to be written.")


def refused_error(refused: Refused) -> Rejected:
    return Rejected("connection_suspended", f"The connection is suspended: {refused.message}")
