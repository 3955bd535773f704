"""What every index by time promises."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.domain.due import Due, DueKind
from shared.ports.due import DueIndex
from shared.storage.due import TableDueIndex
from tests.fakes.due import FakeDueIndex

NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


@pytest.fixture
def due(kind: str, request: pytest.FixtureRequest) -> DueIndex:
    if kind == "fake":
        return FakeDueIndex()
    index = TableDueIndex(request.getfixturevalue("account"))
    for one in DueKind:
        for entry in list(index.until(one, datetime(2100, 1, 1, tzinfo=UTC))):
            index.remove(entry)
    return index


def action(key: str, at: datetime = NOON, organization: str = "contoso") -> Due:
    return Due(DueKind.ACTION, at, organization, key)


def test_only_what_has_come_due_is_found(due: DueIndex) -> None:
    due.put(action("early", NOON - timedelta(days=400)))
    due.put(action("now"))
    due.put(action("later", NOON + timedelta(milliseconds=1)))
    assert [entry.key for entry in due.until(DueKind.ACTION, NOON)] == ["early", "now"]


def test_an_entry_comes_back_exactly_as_it_was_put(due: DueIndex) -> None:
    entry = action("Ünsere / Nr. #7?|'x'", NOON + timedelta(microseconds=123_456))
    due.put(entry)
    assert list(due.until(DueKind.ACTION, NOON)) == []
    assert list(due.until(DueKind.ACTION, NOON + timedelta(seconds=1))) == [entry]


def test_an_instant_between_two_milliseconds_waits_for_its_microsecond(due: DueIndex) -> None:
    due.put(action("a", NOON + timedelta(microseconds=700)))
    assert list(due.until(DueKind.ACTION, NOON + timedelta(microseconds=699))) == []
    assert len(list(due.until(DueKind.ACTION, NOON + timedelta(microseconds=700)))) == 1


def test_putting_twice_is_once_and_removing_twice_is_no_error(due: DueIndex) -> None:
    due.put(action("a"))
    due.put(action("a"))
    assert len(list(due.until(DueKind.ACTION, NOON))) == 1
    due.remove(action("a"))
    due.remove(action("a"))
    assert list(due.until(DueKind.ACTION, NOON)) == []


def test_removing_one_leaves_its_neighbours(due: DueIndex) -> None:
    neighbours = [action("a"), action("a", NOON - timedelta(hours=1)), action("a", organization="fabrikam")]
    for entry in (*neighbours, Due(DueKind.SURVEY, NOON, "contoso", "a"), action("b")):
        due.put(entry)
    due.remove(action("b"))
    assert set(due.until(DueKind.ACTION, NOON)) == set(neighbours)


def test_kinds_are_kept_apart(due: DueIndex) -> None:
    for one in DueKind:
        due.put(Due(one, NOON, "contoso", "a"))
    assert [entry.kind for entry in due.until(DueKind.CHECK, NOON)] == [DueKind.CHECK]


def test_the_same_instant_in_another_zone_is_the_same_entry(due: DueIndex) -> None:
    due.put(action("a"))
    due.remove(action("a", NOON.astimezone(timezone(timedelta(hours=9)))))
    assert list(due.until(DueKind.ACTION, NOON)) == []


def test_the_oldest_come_first_and_no_more_than_asked_for(due: DueIndex) -> None:
    for number in range(60):
        due.put(action(f"a{number}", NOON - timedelta(minutes=number)))
    found = [entry.at for entry in due.until(DueKind.ACTION, NOON, limit=25)]
    assert found == [NOON - timedelta(minutes=number) for number in range(59, 34, -1)]
    assert len(list(due.until(DueKind.ACTION, NOON))) == 60


def test_entries_may_be_removed_while_they_are_read(due: DueIndex) -> None:
    for number in range(30):
        due.put(action(f"a{number}"))
    for entry in due.until(DueKind.ACTION, NOON):
        due.remove(entry)
    assert list(due.until(DueKind.ACTION, NOON)) == []
