"""The connection doctor: what works, what does not, and who can mend it. Sends nothing to anybody, locks nobody out."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from shared.domain.account import Go, Prove, Refused
from shared.domain.caller import Caller
from shared.domain.connection import Connection, ConnectionState, Secret
from shared.domain.connection_form import Examination, StepView
from shared.errors import AccessLost, ConnectorError, NotNow
from shared.ports.clock import Clock
from shared.ports.exchange import Exchange, Step, StepState
from shared.ports.records import Records, Stale, Stored
from shared.use_cases.account_gate import AccountGate
from shared.use_cases.connection_suspension import ConnectionSuspension
from shared.use_cases.in_time import in_time
from shared.use_cases.mailbox_access import SIGN_IN_REFUSALS, MailboxAccess
from shared.use_cases.manage_connections import ManageConnections
from shared.use_cases.rate_limit import RateLimit

Tell = Callable[[list[StepView]], None]
"""Hears the steps so far each time that one has ended."""
PATIENCE = timedelta(seconds=9)
MOST_IN_A_MINUTE = 30
_SIGN_IN = "signIn"
_LAST = "calendar"
_IN_THIS_ORDER = ("address", "tls", _SIGN_IN, "mailbox", "read", "send", _LAST)
_TRIES = 5
_AGAIN = "Enter the right password in the connection. To try the same one once more: test with ?tryAgain=true."
_ACCESS_LOST = SIGN_IN_REFUSALS | {"mailbox_not_found", "ews_blocked"}


class ExamineConnection:
    """``patience``: how long a person waits for the report. ``limit`` counts the tests of an organization."""

    def __init__(
        self,
        *,
        manage: ManageConnections,
        connections: Records[Connection],
        exchange: Exchange,
        access: MailboxAccess,
        gate: AccountGate,
        suspension: ConnectionSuspension,
        clock: Clock,
        limit: RateLimit,
        patience: timedelta = PATIENCE,
    ) -> None:
        self._manage = manage
        self._connections = connections
        self._exchange = exchange
        self._access = access
        self._gate = gate
        self._suspension = suspension
        self._clock = clock
        self._limit = limit
        self._patience = patience

    def __call__(
        self,
        caller: Caller,
        organization: str,
        connection: str,
        *,
        try_again: bool = False,
        tell: Tell | None = None,
    ) -> Examination:
        """A secret that the server refused is tried again only where ``try_again`` says so.

        Raises NotFound, Forbidden, RateLimited, NotNow.
        """
        stored = self._manage.changeable(caller, organization, connection)
        self._count(organization)
        return self._in_time(lambda seen: self._examine(stored, seen, try_again=try_again, tell=tell))

    def draft(
        self,
        caller: Caller,
        organization: str,
        connection: str | None,
        document: dict[str, Any],
        *,
        tell: Tell | None = None,
    ) -> Examination:
        """What is in a form and not saved yet; the record stays as it is. Raises what saving and testing it would raise.

        It goes through the same door as every log-in, so that nobody is locked out by trying.
        """
        drafted, secret = self._manage.draft(caller, organization, connection, document)
        self._count(organization)
        return self._in_time(lambda seen: self._examine_draft(drafted, secret, seen, tell))

    def announce(self, caller: Caller, organization: str) -> None:
        """Before a connection is created that is to be tested. Raises NotFound, Forbidden, RateLimited."""
        self._manage.admit(caller, organization)
        self._count(organization)

    def announced(self, stored: Stored[Connection]) -> Examination:
        """Of a connection that was just created: it is there, whatever becomes of its test."""
        try:
            return self._in_time(lambda seen: self._examine(stored, seen))
        except NotNow as error:
            return _report([_step(StepState.FAILED, error.code, error.message, "Test again after a while.")])

    def _count(self, organization: str) -> None:
        self._limit.check(organization)
        self._limit.count(organization)

    def _in_time(self, examine: Callable[[list[Step]], Examination]) -> Examination:
        """A server that keeps silent is reported before it answers. What it says in the end still counts."""
        seen: list[Step] = []
        report = in_time(lambda: examine(seen), self._patience)
        if report is not None:
            return report
        so_far = list(seen)
        if any(step.state is StepState.FAILED or step.name == _LAST for step in so_far):
            return _report(so_far)  # it is our own storage that is slow to take it
        name = next(name for name in _IN_THIS_ORDER if name not in {step.name for step in so_far})
        words = f"The server did not answer within {self._patience.total_seconds():g} seconds."
        return _report([*so_far, Step(name, StepState.FAILED, words, "unreachable", "Test again after a while.")])

    def _examine(
        self, stored: Stored[Connection], seen: list[Step], *, try_again: bool = False, tell: Tell | None = None
    ) -> Examination:
        admission, report = self._look(stored.value, seen, try_again=try_again, tell=tell)
        if admission:
            self._conclude(stored, admission, seen, ok=report.ok)
        return report

    def _examine_draft(
        self, drafted: Connection, secret: Secret | None, seen: list[Step], tell: Tell | None
    ) -> Examination:
        admission, report = self._look(drafted, seen, secret=secret, tell=tell)
        if admission:
            self._judge(drafted, admission, seen)
            if secret:
                self._gate.forget(drafted)
        return report

    def _look(
        self,
        connection: Connection,
        seen: list[Step],
        *,
        secret: Secret | None = None,
        try_again: bool = False,
        tell: Tell | None = None,
    ) -> tuple[Go | Prove | None, Examination]:
        """``seen`` is filled step by step. Without an admission no server was asked."""
        try:
            admission = self._gate.enter(connection, again=try_again)
        except NotNow as error:
            return None, _report([_step(StepState.FAILED, error.code, error.message, "Test again after a while.")])
        if isinstance(admission, Refused):
            return None, _report([_step(StepState.FAILED, admission.code, admission.message, _AGAIN)])
        try:
            for step in self._steps(connection, secret):
                seen.append(step)  # whoever waits reads it meanwhile
                if tell:
                    tell(list(_report(seen).steps))
        except BaseException:
            self._gate.undecided(connection, admission)
            raise
        return admission, _report(seen)

    def _steps(self, connection: Connection, given: Secret | None) -> Iterator[Step]:
        try:
            secret = given or self._access.secret_of(connection)
        except AccessLost as lost:
            yield _step(StepState.FAILED, lost.code, lost.message, "Enter the secret again.")
            return
        try:
            yield from self._exchange.examine(connection, secret)
        except ConnectorError as error:
            yield _step(StepState.FAILED, error.code, error.message, None)

    def _conclude(self, stored: Stored[Connection], admission: Go | Prove, steps: list[Step], *, ok: bool) -> None:
        """What the servers said holds for actions, too: told to the gate, kept with the connection."""
        connection = stored.value
        lost, for_good = self._judge(connection, admission, steps)
        current = self._tested(stored)
        if current is None:
            return
        if ok:
            self._suspension.lift(current, ConnectionState.OK, cause=self._clock.now().isoformat())
        elif lost and for_good:
            self._suspension.suspend(
                current, lost.code, lost.message, cause=f"{connection.secret_name or 'none'}~{lost.code}"
            )

    def _judge(
        self, connection: Connection, admission: Go | Prove, steps: list[Step]
    ) -> tuple[AccessLost | None, bool]:
        """Tells the gate. What access was lost by, and whether that is final."""
        failed = next((step for step in steps if step.state is StepState.FAILED), None)
        signed_in = any(step.name == _SIGN_IN and step.state is StepState.OK for step in steps)
        lost = AccessLost(failed.code, failed.message) if failed and failed.code in _ACCESS_LOST else None  # type: ignore[arg-type]
        for_good = True
        if signed_in:
            self._gate.accepted(connection, admission)
        elif lost and lost.code in SIGN_IN_REFUSALS:
            for_good = self._gate.refused(connection, admission, lost)
        else:
            self._gate.undecided(connection, admission)
        return lost, for_good

    def _tested(self, stored: Stored[Connection]) -> Stored[Connection] | None:
        """The record with the time of this test; None where it got another secret meanwhile, or went."""
        current: Stored[Connection] | None = stored
        for _ in range(_TRIES):
            if current is None or current.value.secret_name != stored.value.secret_name:
                return None
            status = current.value.status.model_copy(update={"last_tested_at": self._clock.now()})
            try:
                return self._connections.replace(current, current.value.model_copy(update={"status": status}))
            except Stale:
                current = self._connections.get(stored.partition, stored.key)
        return None


def _step(state: StepState, code: str, message: str, remedy: str | None) -> Step:
    return Step(_SIGN_IN, state, message, code, remedy)


def _report(steps: list[Step]) -> Examination:
    shown = tuple(
        StepView.model_validate(
            {
                "name": step.name,
                "state": step.state.value,
                "code": step.code,
                "message": step.message,
                "remedy": step.remedy,
                "milliseconds": step.milliseconds,
            }
        )
        for step in steps
    )
    return Examination(ok=bool(steps) and all(step.state is not StepState.FAILED for step in steps), steps=shown)
