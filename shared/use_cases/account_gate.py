"""The door before each log-in: keeps what servers said of accounts, over all instances, and asks one request at a time
where an account could be locked out.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from shared.domain.account import (
    ACCOUNT,
    PROOF_SECONDS,
    AccountRow,
    Busy,
    Go,
    Prove,
    Refused,
    StandInLine,
    Wait,
    account_key,
    admit,
    after_acceptance,
    after_refusal,
    after_surprise,
    mailbox_key,
    secret_key,
    with_busy,
)
from shared.domain.connection import Connection
from shared.errors import AccessLost, NotNow, Rejected
from shared.ports.clock import Clock
from shared.ports.records import AlreadyThere, Records, Stale, Stored
from shared.use_cases.lanes import LaneFull

_TRIES = 20
_LOOK_AGAIN_SECONDS = 2.0
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
        self._proved: dict[tuple[str, str], datetime] = {}
        self.second_try = second_try

    def enter(self, connection: Connection, *, again: bool = False) -> Go | Prove | Refused:
        """One read once this process knows the secret. ``again``: try a refused secret once more.

        Raises NotNow while the account or the mailbox rests, LaneFull while another request proves the account.
        """
        now, partition = self._clock.now(), account_key(connection)
        stored = self._accounts.get(partition, ACCOUNT)
        account = stored.value if stored else AccountRow()
        secret = self._secret(account, partition, secret_key(connection))
        admission = admit(account, secret, connection, now, proof=self._proof, again=again)
        match admission:
            case Wait(until, why):
                raise NotNow("throttled", why, retry_after=until - now)
            case StandInLine():
                raise _in_line()
            case Prove():
                self._lease(partition, stored, admission)
        return admission

    def accepted(self, connection: Connection, admission: Go | Prove) -> None:
        """The server accepted the log-in that had to be proved."""
        if isinstance(admission, Go):
            return
        partition, secret, now = account_key(connection), secret_key(connection), self._clock.now()
        if admission.new:
            self._change(partition, secret, lambda _: AccountRow(proved_at=now))
            self._proved[partition, secret] = now
        self._change(partition, ACCOUNT, lambda row: after_acceptance(row, secret, now))

    def undecided(self, connection: Connection, admission: Go | Prove) -> None:
        """The server could not be asked: somebody else may try at once."""
        if isinstance(admission, Prove):
            until = admission.until
            self._change(
                account_key(connection),
                ACCOUNT,
                lambda row: row.model_copy(update={"proving_until": None}) if row.proving_until == until else row,
            )

    def refused(self, connection: Connection, admission: Go | Prove, lost: AccessLost) -> bool:
        """True: the secret is refused for good. False: an accepted one was refused, so the account rests first."""
        partition, secret, now = account_key(connection), secret_key(connection), self._clock.now()
        if isinstance(admission, Go):
            self._change(partition, ACCOUNT, lambda row: after_surprise(row, secret, now, self.second_try))
            return False
        self.also_refused(connection, lost)
        self._change(partition, ACCOUNT, lambda row: after_refusal(row, now, self.second_try, new=admission.new))
        return True

    def busy(self, connection: Connection, error: NotNow) -> None:
        """The server asked to leave this mailbox alone for a while: kept for all instances."""
        if error.retry_after is None:
            return
        now = self._clock.now()
        busy = Busy(until=now + error.retry_after, because=error.message)
        self._change(account_key(connection), ACCOUNT, lambda row: with_busy(row, mailbox_key(connection), busy, now))

    def also_refused(self, connection: Connection, lost: AccessLost) -> None:
        """This secret, or the same one of another connection of the account, which need not be refused itself."""
        partition, secret = account_key(connection), secret_key(connection)
        row = AccountRow(refused_at=self._clock.now(), refusal_code=lost.code, refusal_message=lost.message)
        self._proved.pop((partition, secret), None)
        self._change(partition, secret, lambda _: row)

    def forget(self, connection: Connection) -> None:
        """The connection's secret is gone."""
        partition, secret = account_key(connection), secret_key(connection)
        self._proved.pop((partition, secret), None)
        stored = self._accounts.get(partition, secret)
        try:
            self._accounts.delete(stored) if stored else None
        except Stale:
            return  # whoever changed it is newer than we are

    def _secret(self, account: AccountRow, partition: str, secret: str) -> AccountRow:
        known = self._proved.get((partition, secret))
        if account.counts(secret, known):
            return AccountRow(proved_at=known)
        stored = self._accounts.get(partition, secret)
        row = stored.value if stored else AccountRow()
        if row.proved_at:
            self._proved[partition, secret] = row.proved_at
        return row

    def _lease(self, partition: str, stored: Stored[AccountRow] | None, admission: Prove) -> None:
        leased = (stored.value if stored else AccountRow()).model_copy(update={"proving_until": admission.until})
        try:
            self._accounts.replace(stored, leased) if stored else self._accounts.create(partition, ACCOUNT, leased)
        except (AlreadyThere, Stale):
            raise _in_line() from None

    def _change(self, partition: str, key: str, change: Change) -> None:
        for _ in range(_TRIES):
            stored = self._accounts.get(partition, key)
            before = stored.value if stored else AccountRow()
            after = change(before)
            if after == before:
                return
            try:
                self._accounts.replace(stored, after) if stored else self._accounts.create(partition, key, after)
            except (AlreadyThere, Stale):
                continue
            return
        raise NotNow("storage_unavailable", "The account's record changes too often to be written.")


def refused_error(refused: Refused) -> Rejected:
    return Rejected("connection_suspended", f"The connection is suspended: {refused.message}")


def _in_line() -> LaneFull:
    return LaneFull(_LOOK_AGAIN_SECONDS, "One request is finding out whether the server accepts the account.")
