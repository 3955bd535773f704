"""What is known of an account at a server, so that no account is ever locked out by us. Pure rules over stored rows.

One partition for each account (host and user name) holds a row for the account, one for each secret and one for each
mailbox, so that a single query reads before each log-in whatever may forbid it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import assert_never
from urllib.parse import urlsplit

from shared.domain.connection import Connection
from shared.domain.model import Instant, Record

PROOF_SECONDS = 60
ACCOUNT = "account"


class AccountRow(Record):
    """Of a secret: ``proved_at``, ``refused_at``. Of the account: ``rests_until`` (for proved secrets),
    ``newcomers_rest_until`` (for unproved ones). Of a mailbox: ``busy_until``. ``proving_until`` is a lease.
    """

    proved_at: Instant | None = None
    refused_at: Instant | None = None
    refusal_code: str | None = None
    refusal_message: str | None = None
    proving_until: Instant | None = None
    rests_until: Instant | None = None
    newcomers_rest_until: Instant | None = None
    busy_until: Instant | None = None
    busy_because: str | None = None


@dataclass(frozen=True, slots=True)
class Go:
    """Accepted before: any number side by side."""


@dataclass(frozen=True, slots=True)
class Prove:
    """One request over all instances: whoever gets the lease on ``row`` (a key of the partition) goes."""

    row: str


@dataclass(frozen=True, slots=True)
class Wait:
    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """This secret was refused; the server is not asked again."""

    code: str
    message: str


Admission = Go | Prove | Wait | Refused


def account_key(connection: Connection) -> str:
    """The partition: host and account, without regard to case. Apps sign in as themselves, not as a user."""
    who = connection.username or f"{connection.tenant_id}/{connection.client_id}/{connection.authentication}"
    return sha256(f"{urlsplit(connection.url).hostname}\n{who.casefold()}".encode()).hexdigest()


def secret_key(connection: Connection) -> str:
    return f"secret-{connection.secret_name or connection.id}"


def mailbox_key(connection: Connection) -> str:
    return f"mailbox-{sha256(connection.address.casefold().encode()).hexdigest()[:32]}"


def admit(rows: Mapping[str, AccountRow], connection: Connection, now: datetime) -> Admission:
    """May a request leave for this connection now?"""
    nothing = AccountRow()
    secret, account = rows.get(secret_key(connection), nothing), rows.get(ACCOUNT, nothing)
    mailbox = rows.get(mailbox_key(connection), nothing)
    if secret.refused_at:
        return Refused(
            secret.refusal_code or "password_refused", secret.refusal_message or "The server refused the account."
        )
    if mailbox.busy_until and mailbox.busy_until > now:
        return Wait(mailbox.busy_until, mailbox.busy_because or "The server asked to wait with this mailbox.")
    if secret.proved_at:
        return _of_proved(account, now)
    return _of_newcomer(secret, account, connection, now)


def _of_proved(account: AccountRow, now: datetime) -> Admission:
    if account.rests_until is None:
        return Go()
    if account.rests_until > now:
        return Wait(
            account.rests_until, "The account rests because the server refused a password that it had accepted before."
        )
    if account.proving_until and account.proving_until > now:
        return Wait(now + timedelta(seconds=2), "One request is finding out whether the account is accepted again.")
    return Prove(ACCOUNT)


def _of_newcomer(secret: AccountRow, account: AccountRow, connection: Connection, now: datetime) -> Admission:
    rest, refused = account.newcomers_rest_until, account.refused_at
    set_since = refused and connection.secret_changed_at and connection.secret_changed_at > refused
    if rest and rest > now and not set_since:
        return Wait(rest, "The account rests because the server refused another password for it.")
    if secret.proving_until and secret.proving_until > now:
        return Wait(now + timedelta(seconds=2), "One request is finding out whether the server accepts the account.")
    return Prove(secret_key(connection))


def is_new(admission: Admission, connection: Connection) -> bool:
    """Whether it is the secret itself that is to be proved, and not an account that rested."""
    match admission:
        case Prove(row=row):
            return row == secret_key(connection)
        case Go() | Wait() | Refused():
            return False
        case _:
            assert_never(admission)
