"""What every ledger promises: lines are written once, and lines and totals change together."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shared.domain.ledger import Entry, Totals, Verdict
from shared.domain.mail import Address
from shared.errors import InvalidRequest
from shared.ports.ledger import Ledger
from shared.storage.ledger import TableLedger
from tests.fakes.ledger import FakeLedger

NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


@pytest.fixture
def ledger(kind: str, request: pytest.FixtureRequest) -> Ledger:
    return FakeLedger() if kind == "fake" else TableLedger(request.getfixturevalue("account"))


@pytest.fixture
def watch() -> str:
    return str(uuid4())


def line(
    watch: str, key: str, verdict: Verdict = Verdict.PENDING, *, at: datetime = NOON, subject: str = "Hi"
) -> Entry:
    return Entry(
        key=key,
        watch_id=watch,
        mail=f"mail-{key}",
        item_id=f"item-{key}",
        at=at,
        internet_message_id=f"<{key}@outside.example>",
        subject=subject,
        from_=Address(name="Kim", address="kim@fabrikam.example"),
        received_at=at,
        verdict=verdict,
    )


def balanced(totals: Totals) -> bool:
    counts = totals.model_dump()
    return counts.pop("seen") == sum(counts.values())


def test_a_line_comes_back_as_it_was_written(ledger: Ledger, watch: str) -> None:
    entry = line(watch, "a", subject="Ünïcode 🎉 / # ?")
    assert ledger.record(watch, [entry]) == [entry]
    assert [stored.value for stored in ledger.find(watch, ["a", "b"])] == [entry]


def test_totals_count_every_line_once(ledger: Ledger, watch: str) -> None:
    entries = [line(watch, f"k{n}", Verdict.FILTERED if n % 3 else Verdict.PENDING) for n in range(120)]
    ledger.record(watch, entries)
    ledger.record(watch, entries[:60])
    totals = ledger.totals(watch)
    assert (totals.seen, totals.pending, totals.filtered) == (120, 40, 80)


def test_a_known_line_is_answered_and_stays_as_it_was(ledger: Ledger, watch: str) -> None:
    first = line(watch, "a", Verdict.STARTED)
    ledger.record(watch, [first])
    again = line(watch, "a", Verdict.PENDING, at=NOON + timedelta(hours=1))
    fresh = line(watch, "b")
    assert ledger.record(watch, [again, fresh]) == [first, fresh]
    assert ledger.totals(watch).seen == 2


def test_the_same_key_twice_in_one_page_is_one_line(ledger: Ledger, watch: str) -> None:
    first, second = line(watch, "a", subject="first"), line(watch, "a", subject="second")
    assert [entry.subject for entry in ledger.record(watch, [first, second])] == ["first", "first"]
    assert ledger.totals(watch).seen == 1


def test_a_change_moves_the_totals(ledger: Ledger, watch: str) -> None:
    ledger.record(watch, [line(watch, f"k{n}") for n in range(60)])
    stored = ledger.find(watch, [f"k{n}" for n in range(60)])
    done = ledger.change(watch, stored, lambda entry: entry.model_copy(update={"verdict": Verdict.STARTED}))
    assert len(done) == 60
    totals = ledger.totals(watch)
    assert (totals.seen, totals.started, totals.pending) == (60, 60, 0)
    assert {entry.verdict for entry in ledger.journal(watch, limit=100).entries} == {Verdict.STARTED}


def test_a_change_of_what_was_read_long_ago_is_decided_anew(ledger: Ledger, watch: str) -> None:
    ledger.record(watch, [line(watch, "a")])
    old = ledger.find(watch, ["a"])
    ledger.change(watch, old, lambda entry: entry.model_copy(update={"verdict": Verdict.STARTED}))

    def only_pending(entry: Entry) -> Entry | None:
        return None if entry.settled else entry.model_copy(update={"verdict": Verdict.QUARANTINED})

    assert ledger.change(watch, old, only_pending) == []
    assert ledger.totals(watch).started == 1


def test_what_was_written_can_be_changed_on_without_reading(ledger: Ledger, watch: str) -> None:
    ledger.record(watch, [line(watch, "a")])
    stored = ledger.find(watch, ["a"])
    for _ in range(3):
        stored = ledger.change(watch, stored, lambda entry: entry.model_copy(update={"attempts": entry.attempts + 1}))
    assert [one.value.attempts for one in ledger.find(watch, ["a"])] == [3]


def test_totals_balance_whoever_writes_at_once(ledger: Ledger, watch: str) -> None:
    def work(number: int) -> None:
        ledger.record(watch, [line(watch, f"k{n}") for n in range(number, number + 10)])
        stored = ledger.find(watch, [f"k{number}"])
        ledger.change(
            watch,
            stored,
            lambda entry: None if entry.settled else entry.model_copy(update={"verdict": Verdict.STARTED}),
        )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(8)))
    totals = ledger.totals(watch)
    assert (totals.seen, totals.started) == (17, 8)
    assert balanced(totals)


def test_the_journal_reads_newest_first_page_by_page(ledger: Ledger, watch: str) -> None:
    ledger.record(watch, [line(watch, f"k{n}", at=NOON + timedelta(minutes=n)) for n in range(7)])
    seen: list[str] = []
    token: str | None = None
    while True:
        page = ledger.journal(watch, limit=3, continuation=token)
        seen += [entry.key for entry in page.entries]
        token = page.continuation
        if token is None:
            break
    assert seen == [f"k{n}" for n in range(6, -1, -1)]


def test_the_journal_is_searched_by_verdict_subject_sender_and_message_id(ledger: Ledger, watch: str) -> None:
    ledger.record(watch, [line(watch, "a", subject="Invoice 7"), line(watch, "b", Verdict.FILTERED, subject="Lunch")])

    def keys(verdict: Verdict | None = None, text: str = "") -> list[str]:
        return [entry.key for entry in ledger.journal(watch, verdict=verdict, text=text).entries]

    assert keys(verdict=Verdict.FILTERED) == ["b"]
    assert keys(text="INVOICE") == ["a"]
    assert keys(text="<b@outside") == ["b"]
    assert sorted(keys(text="KIM@")) == ["a", "b"]
    assert keys(verdict=Verdict.PENDING, text="lunch") == []


def test_a_foreign_continuation_is_refused(ledger: Ledger, watch: str) -> None:
    with pytest.raises(InvalidRequest):
        ledger.journal(watch, continuation="bm9uc2Vuc2U")


def test_sweeping_forgets_old_settled_lines_and_keeps_totals_and_what_is_pending(ledger: Ledger, watch: str) -> None:
    old = NOON - timedelta(days=31)
    ledger.record(watch, [line(watch, f"old{n}", Verdict.STARTED, at=old) for n in range(60)])
    ledger.record(watch, [line(watch, "waits", at=old), line(watch, "new", Verdict.STARTED)])
    assert ledger.sweep(watch, NOON - timedelta(days=30)) == 60
    assert {entry.key for entry in ledger.journal(watch).entries} == {"waits", "new"}
    assert ledger.find(watch, ["old1"]) == []
    assert ledger.totals(watch).seen == 62


def test_a_deleted_watch_leaves_nothing(ledger: Ledger, watch: str) -> None:
    ledger.record(watch, [line(watch, "a"), line(watch, "b")])
    ledger.forget(watch)
    ledger.forget(watch)
    assert ledger.journal(watch).entries == ()
    assert ledger.totals(watch) == Totals()
