"""No account is locked out by us: at no time, in whatever order things happen."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.account import AccountRow, Go, Prove, Refused
from shared.domain.connection import Connection, ConnectionStatus, ConnectionType
from shared.errors import AccessLost, NotNow
from shared.use_cases.account_gate import AccountGate
from tests.fakes.clock import FakeClock
from tests.fakes.records import FakeRecords

REST = timedelta(seconds=600)
LOST = AccessLost("password_refused", "The server refused the user name or the password.")


@dataclass
class Visit:
    connection: Connection
    password: str
    admission: Go | Prove


class Server:
    """One account, several connections to it, several processes, and requests that take their time."""

    def __init__(self, processes: int = 2, connections: int = 3) -> None:
        self.clock = FakeClock()
        self.password = "right"
        self.accounts: FakeRecords[AccountRow] = FakeRecords()
        self.gates = [AccountGate(accounts=self.accounts, clock=self.clock, second_try=REST) for _ in range(processes)]
        self.secrets: dict[str, str] = {}
        self.connections = [self._connection(number) for number in range(connections)]
        self.refused_proofs: list[tuple[datetime, str]] = []
        self.in_flight: list[Visit] = []

    def _connection(self, number: int) -> Connection:
        now = self.clock.now()
        name = f"secret-{number}-0"
        self.secrets[name] = "right"
        return Connection(
            id=f"0b6c0000-0000-4000-8000-{number:012d}",
            organization="contoso",
            display_name="Mail",
            type=ConnectionType.CLASSIC,
            url="https://mail.contoso.example/EWS/Exchange.asmx",
            username="anna@contoso.example",
            secret_name=name,
            secret_changed_at=now,
            status=ConnectionStatus(since=now),
            created_by="anna@contoso.example",
            created_at=now,
            updated_at=now,
        )

    def set_password(self, number: int, password: str) -> None:
        before = self.connections[number]
        name = f"secret-{number}-{len(self.secrets)}"
        self.secrets[name] = password
        changes = {"secret_name": name, "secret_changed_at": self.clock.now()}
        self.connections[number] = before.model_copy(update=changes)

    def enter(self, process: int, number: int, *, again: bool = False) -> str:
        connection = self.connections[number]
        try:
            admission = self.gates[process].enter(connection, again=again)
        except NotNow:
            return "wait"
        if isinstance(admission, Refused):
            return "refused"
        self.in_flight.append(Visit(connection, self.secrets[connection.secret_name or ""], admission))
        return "prove" if isinstance(admission, Prove) else "go"

    def answer(self, process: int, which: int = 0) -> bool:
        visit = self.in_flight.pop(which)
        gate = self.gates[process]
        if visit.password == self.password:
            gate.accepted(visit.connection, visit.admission)
            return True
        gate.refused(visit.connection, visit.admission, LOST)
        if isinstance(visit.admission, Prove):
            self.refused_proofs.append((self.clock.now(), visit.connection.secret_name or ""))
        return False

    def try_once(self, number: int, process: int = 0) -> str:
        verdict = self.enter(process, number)
        if verdict in {"go", "prove"}:
            return f"{verdict} {'accepted' if self.answer(process) else 'refused'}"
        return verdict


def test_a_new_secret_is_proved_by_one_request_and_then_any_number_go() -> None:
    server = Server()
    assert server.enter(0, 0) == "prove"
    assert server.enter(1, 0) == "wait"
    assert server.enter(1, 1) == "wait", "another unproved secret of the account waits for the verdict, too"
    server.answer(0)
    assert [server.enter(1, 0), server.enter(0, 0)] == ["go", "go"]


def test_the_refusal_of_a_new_secret_lets_other_new_ones_rest_and_proved_ones_go_on() -> None:
    server = Server()
    assert server.try_once(0) == "prove accepted"
    server.set_password(1, "wrong")
    assert server.try_once(1) == "prove refused"
    assert server.try_once(1) == "refused"
    assert server.try_once(2) == "wait"
    assert server.try_once(0) == "go accepted"
    server.clock.advance(601)
    assert server.try_once(2) == "prove accepted"


def test_a_secret_set_after_the_refusal_is_proved_at_once() -> None:
    server = Server()
    server.set_password(0, "wrong")
    assert server.try_once(0) == "prove refused"
    server.clock.advance(1)
    server.set_password(0, "right")
    assert server.try_once(0) == "prove accepted"


def test_an_accepted_secret_that_is_refused_gets_one_second_try_that_holds_for_all() -> None:
    server = Server()
    assert [server.try_once(number) for number in range(3)] == ["prove accepted"] * 3
    server.password = "changed"
    assert server.try_once(0) == "go refused"
    assert [server.try_once(number, process=1) for number in range(3)] == ["wait"] * 3
    server.clock.advance(601)
    assert server.enter(1, 0) == "prove"
    assert server.enter(0, 1) == "wait"
    server.answer(1)
    assert server.try_once(0) == "refused"
    assert [server.try_once(1), server.try_once(2)] == ["wait", "wait"], "they have to be proved anew, later"


def test_after_a_domain_controller_was_away_all_go_on() -> None:
    server = Server()
    assert [server.try_once(number) for number in range(3)] == ["prove accepted"] * 3
    server.password = "no controller answers"
    server.try_once(0)
    server.password = "right"
    server.clock.advance(601)
    assert server.try_once(1) == "prove accepted"
    server.clock.advance(1)
    assert server.try_once(2) == "go accepted"
    assert server.try_once(0) == "prove accepted", "whose own secret was refused proves it once more"


def test_an_old_password_beside_a_new_one_is_not_tried_every_ten_minutes() -> None:
    server = Server()
    assert server.try_once(0) == "prove accepted"
    server.password = "changed"
    server.clock.advance(1)
    server.set_password(1, "changed")
    assert server.try_once(1) == "prove accepted"
    told = Counter[str]()
    for _ in range(100):
        told[server.try_once(0)] += 1
        server.try_once(1)
        server.clock.advance(60)
    assert told["go refused"] + told["prove refused"] == 2
    assert server.try_once(0) == "refused", "for good"
    assert server.try_once(1) == "go accepted"


def test_a_person_may_have_a_refused_secret_tried_again_though_the_account_rests() -> None:
    server = Server()
    server.password = "not yet"
    assert server.try_once(0) == "prove refused"
    server.password = "right"
    assert server.enter(0, 0, again=True) == "prove"
    server.answer(0)
    assert server.try_once(0) == "go accepted"


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("enter"), st.integers(0, 1), st.integers(0, 2)),
        st.tuples(st.just("answer"), st.integers(0, 1), st.integers(0, 5)),
        st.tuples(st.just("wait"), st.just(0), st.integers(1, 400)),
        st.tuples(st.just("server changes"), st.just(0), st.integers(0, 1)),
    ),
    max_size=60,
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_whatever_happens_one_unproved_request_is_in_flight_and_one_is_refused_in_ten_minutes(
    steps: list[tuple[str, int, int]],
) -> None:
    server = Server()
    for step, process, number in steps:
        match step:
            case "enter":
                server.enter(process, number)
            case "answer" if server.in_flight:
                server.answer(process, number % len(server.in_flight))
            case "wait" if not server.in_flight:
                server.clock.advance(number)
            case "server changes":
                server.password = ("right", "changed")[number]
        proofs = [visit for visit in server.in_flight if isinstance(visit.admission, Prove)]
        assert len(proofs) <= 1
    times = [at for at, _ in server.refused_proofs]
    assert all(later - earlier >= REST for earlier, later in pairwise(times))
    names = [name for _, name in server.refused_proofs]
    assert len(names) == len(set(names)), "no secret is proved again after its refusal"
