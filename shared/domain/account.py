"""What is known of an account at a server, so that no account is ever locked out by us. Pure rules over stored rows.

One partition for each account (host and user name): a row for the account, read before each log-in, and one for each
secret, read by a process until it knows the secret as accepted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit

from pydantic import Field

from shared.domain.connection import Connection
from shared.domain.model import Instant, Record

PROOF_SECONDS = 120
"""As long as the longest wait for an answer: whoever proves a secret has its verdict by then."""
ACCOUNT = "account"


class Busy(Record):
    until: Instant
    because: str


class AccountRow(Record):
    """Of a secret: ``proved_at``; ``refused_at`` with the server's words. Of the account: all others, and ``refused_at``,
    the last refusal of any of its secrets.

    ``proving_until`` is a lease: one request at a time is in flight with a secret whose verdict is open. ``rests_until``
    holds for all, because ``suspect``, a secret accepted before, was refused; ``newcomers_rest_until`` for secrets that
    were never accepted. Proofs from before ``doubted_at`` (``doubted``: of one secret) no longer count.
    """

    proved_at: Instant | None = None
    refused_at: Instant | None = None
    refusal_code: str | None = None
    refusal_message: str | None = None
    proving_until: Instant | None = None
    rests_until: Instant | None = None
    suspect: str | None = None
    newcomers_rest_until: Instant | None = None
    doubted_at: Instant | None = None
    doubted: dict[str, Instant] = Field(default_factory=dict)
    busy: dict[str, Busy] = Field(default_factory=dict)

    def counts(self, secret: str, proved_at: datetime | None) -> bool:
        """Whether a proof of that time still stands."""
        doubts = [doubt for doubt in (self.doubted_at, self.doubted.get(secret)) if doubt]
        return proved_at is not None and all(proved_at > doubt for doubt in doubts)


@dataclass(frozen=True, slots=True)
class Go:
    """Accepted before: any number side by side."""


@dataclass(frozen=True, slots=True)
class Prove:
    """One request over all instances. ``new``: the secret itself is to be proved, not only an account that rested."""

    new: bool
    until: datetime


@dataclass(frozen=True, slots=True)
class Wait:
    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class StandInLine:
    """Another request is finding out whether the server accepts the account: nothing is wrong, and it takes a moment."""


@dataclass(frozen=True, slots=True)
class Refused:
    """This secret was refused; the server is not asked again."""

    code: str
    message: str


Admission = Go | Prove | Wait | StandInLine | Refused


def account_key(connection: Connection) -> str:
    """The partition: host and account, without regard to case. Apps sign in as themselves, not as a user."""
    who = connection.username or f"{connection.tenant_id}/{connection.client_id}/{connection.authentication}"
    return sha256(f"{urlsplit(connection.url).hostname}\n{who.casefold()}".encode()).hexdigest()


def secret_key(connection: Connection) -> str:
    return f"secret-{connection.secret_name or connection.id}"


def mailbox_key(connection: Connection) -> str:
    return sha256(connection.address.casefold().encode()).hexdigest()[:32]


def admit(
    account: AccountRow,
    secret: AccountRow,
    connection: Connection,
    now: datetime,
    *,
    proof: timedelta,
    again: bool = False,
) -> Admission:
    """May a request leave for this connection now?

    ``proof``: how long one request may take to prove a secret; ``again``: a person wants a refused one tried once more.
    """
    if secret.refused_at and not again:
        words = secret.refusal_message or "The server refused the account."
        return Refused(secret.refusal_code or "password_refused", words)
    busy = account.busy.get(mailbox_key(connection))
    if busy and busy.until > now:
        return Wait(busy.until, busy.because)
    proved = account.counts(secret_key(connection), secret.proved_at)
    if proved and account.rests_until is None:
        return Go()
    insists = secret.refused_at is not None or (not proved and _set_since_refusal(account, connection))
    rest = max(
        (at for at in (account.rests_until, None if proved else account.newcomers_rest_until) if at), default=now
    )
    if rest > now and not insists:
        return Wait(rest, "The account rests because the server refused a password for it.")
    if account.proving_until and account.proving_until > now:
        return StandInLine()
    return Prove(not proved, now + proof)


def _set_since_refusal(account: AccountRow, connection: Connection) -> bool:
    changed, refused = connection.secret_changed_at, account.refused_at
    return changed is not None and refused is not None and changed > refused


def after_acceptance(account: AccountRow, secret: str, now: datetime) -> AccountRow:
    """A rest is over for all. A suspect that was not itself accepted has to be proved anew."""
    doubted = {name: at for name, at in account.doubted.items() if name != secret}
    if account.rests_until and account.suspect and account.suspect != secret:
        doubted[account.suspect] = now
    return account.model_copy(update={"proving_until": None, "rests_until": None, "suspect": None, "doubted": doubted})


def after_surprise(account: AccountRow, secret: str, now: datetime, rest: timedelta) -> AccountRow:
    """A secret that was accepted before is refused: the account rests, then one request tries for all."""
    if account.rests_until:
        return account
    return account.model_copy(update={"rests_until": now + rest, "suspect": secret, "refused_at": now})


def after_refusal(account: AccountRow, now: datetime, rest: timedelta, *, new: bool) -> AccountRow:
    """Refused for good. After a second try every other secret of the account has to be proved anew."""
    return account.model_copy(
        update={
            "proving_until": None,
            "rests_until": None,
            "suspect": None,
            "refused_at": now,
            "newcomers_rest_until": now + rest,
            "doubted_at": account.doubted_at if new else now,
            "doubted": account.doubted if new else {},
        }
    )


def with_busy(account: AccountRow, mailbox: str, busy: Busy, now: datetime) -> AccountRow:
    """What is over is forgotten, so that the row stays small."""
    others = {name: one for name, one in account.busy.items() if one.until > now}
    return account.model_copy(update={"busy": {**others, mailbox: busy}})
