"""What every store of records promises."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from shared.domain.model import Record
from shared.errors import InvalidRequest, Rejected
from shared.ports.records import AlreadyThere, Records, Stale
from shared.storage.connect import StorageAccount
from shared.storage.records import TableRecords
from tests.fakes.records import FakeRecords


class Parcel(Record):
    id: str
    state: str = "packed"
    weight: int = 1
    note: str = ""
    sent_at: datetime | None = None


def by_state(parcel: Parcel) -> list[tuple[str, str]]:
    return [(f"state:{parcel.state}", f"{parcel.weight:06d}"), ("all", f"{999_999 - parcel.weight:06d}")]


@pytest.fixture
def make(kind: str, request: pytest.FixtureRequest) -> Callable[..., Records[Parcel]]:
    if kind == "fake":
        return FakeRecords[Parcel]
    account: StorageAccount = request.getfixturevalue("account")
    return lambda *indexes: TableRecords(account, f"parcels{uuid4().hex}", Parcel, *indexes)


@pytest.fixture
def indexed(make: Callable[..., Records[Parcel]]) -> Records[Parcel]:
    return make(by_state)


@pytest.fixture(params=["plain", "indexed"])
def records(make: Callable[..., Records[Parcel]], request: pytest.FixtureRequest) -> Records[Parcel]:
    return make(by_state) if request.param == "indexed" else make()


def ids(records: Records[Parcel], index: str, partition: str = "contoso") -> list[str]:
    return [stored.value.id for stored in records.list(partition, index=index).items]


def test_what_was_created_is_read_again_as_it_was(records: Records[Parcel]) -> None:
    parcel = Parcel(
        id="a", note="Grüße, 世界 \U0001f4e6 'quoted' \"twice\"\n", sent_at=datetime(2026, 11, 24, tzinfo=UTC)
    )
    created = records.create("contoso", "a", parcel)
    read = records.get("contoso", "a")
    assert read is not None
    assert (created.value, read.value, read.partition, read.key) == (parcel, parcel, "contoso", "a")


def test_what_is_not_there_is_none_even_before_anything_was_ever_written(records: Records[Parcel]) -> None:
    assert records.get("contoso", "a") is None
    assert records.list("contoso").items == ()
    assert list(records.everywhere()) == []


def test_a_key_is_given_once(records: Records[Parcel]) -> None:
    records.create("contoso", "a", Parcel(id="a", note="first"))
    with pytest.raises(AlreadyThere):
        records.create("contoso", "a", Parcel(id="a", note="second"))
    assert records.get("contoso", "a").value.note == "first"


def test_partitions_are_walls_and_case_matters(records: Records[Parcel]) -> None:
    records.create("contoso", "a", Parcel(id="contoso"))
    records.create("fabrikam", "a", Parcel(id="fabrikam"))
    records.create("contoso", "A", Parcel(id="capital"))
    assert records.get("contoso", "a").value.id == "contoso"
    assert [stored.value.id for stored in records.list("contoso").items] == ["capital", "contoso"]
    assert {stored.value.id for stored in records.everywhere()} == {"contoso", "fabrikam", "capital"}


def test_partitions_are_named_once_while_they_have_a_record(records: Records[Parcel]) -> None:
    assert list(records.partitions()) == []
    for partition, key in (("fabrikam", "a"), ("contoso", "a"), ("contoso", "b"), ("contoso-2", "a")):
        records.create(partition, key, Parcel(id=key))
    gone = records.get("fabrikam", "a")
    assert gone
    records.delete(gone)
    assert list(records.partitions()) == ["contoso", "contoso-2"]


def test_a_change_needs_the_version_that_was_read(records: Records[Parcel]) -> None:
    first = records.create("contoso", "a", Parcel(id="a"))
    second = records.replace(first, Parcel(id="a", state="sent"))
    with pytest.raises(Stale):
        records.replace(first, Parcel(id="a", state="lost"))
    with pytest.raises(Stale):
        records.delete(first)
    third = records.replace(second, Parcel(id="a", state="delivered"))
    assert records.get("contoso", "a").value.state == "delivered"
    records.delete(third)
    assert records.get("contoso", "a") is None


def test_a_version_that_was_read_serves_as_well_as_one_that_was_written(records: Records[Parcel]) -> None:
    records.create("contoso", "a", Parcel(id="a"))
    records.replace(records.get("contoso", "a"), Parcel(id="a", state="sent"))
    records.replace(records.list("contoso").items[0], Parcel(id="a", state="delivered"))
    records.delete(next(iter(records.everywhere())))
    assert records.list("contoso").items == ()


def test_what_is_gone_is_stale(records: Records[Parcel]) -> None:
    stored = records.create("contoso", "a", Parcel(id="a"))
    records.delete(stored)
    with pytest.raises(Stale):
        records.replace(stored, Parcel(id="a"))
    with pytest.raises(Stale):
        records.delete(stored)
    assert records.get("contoso", "a") is None


def test_what_was_deleted_and_created_anew_is_another_record(records: Records[Parcel]) -> None:
    old = records.create("contoso", "a", Parcel(id="a"))
    records.delete(old)
    records.create("contoso", "a", Parcel(id="a", note="new"))
    with pytest.raises(Stale):
        records.delete(old)
    assert records.get("contoso", "a").value.note == "new"


def test_of_two_who_change_at_once_one_is_stale(records: Records[Parcel]) -> None:
    stored = records.create("contoso", "a", Parcel(id="a"))
    start, outcomes = threading.Barrier(8), list[str]()

    def change(number: int) -> None:
        start.wait()
        try:
            records.replace(stored, Parcel(id="a", state=f"by-{number}", weight=number))
            outcomes.append(f"by-{number}")
        except Stale:
            outcomes.append("stale")

    threads = [threading.Thread(target=change, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("stale") == 7
    assert records.get("contoso", "a").value.state in outcomes


def test_of_many_who_create_at_once_one_wins(records: Records[Parcel]) -> None:
    start, won = threading.Barrier(8), list[int]()

    def create(number: int) -> None:
        start.wait()
        try:
            records.create("contoso", "a", Parcel(id="a", weight=number))
            won.append(number)
        except AlreadyThere:
            pass

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [records.get("contoso", "a").value.weight]


# --- indexes


def test_a_record_is_found_by_its_indexes_in_their_order(indexed: Records[Parcel]) -> None:
    for number, weight in enumerate((30, 10, 20)):
        indexed.create("contoso", f"p{number}", Parcel(id=f"p{number}", weight=weight))
    indexed.create("contoso", "x", Parcel(id="x", state="sent", weight=5))
    assert ids(indexed, "state:packed") == ["p1", "p2", "p0"]
    assert ids(indexed, "state:sent") == ["x"]
    assert ids(indexed, "all") == ["p0", "p2", "p1", "x"]
    assert ids(indexed, "") == ["p0", "p1", "p2", "x"]
    assert ids(indexed, "state:unknown") == []


def test_a_record_leaves_the_indexes_that_no_longer_hold(indexed: Records[Parcel]) -> None:
    stored = indexed.create("contoso", "a", Parcel(id="a"))
    sent = indexed.replace(stored, Parcel(id="a", state="sent", weight=2))
    assert (ids(indexed, "state:packed"), ids(indexed, "state:sent"), ids(indexed, "all")) == ([], ["a"], ["a"])
    assert indexed.list("contoso", index="all").items[0].value.state == "sent"
    indexed.delete(sent)
    assert (ids(indexed, "state:sent"), ids(indexed, "all"), ids(indexed, "")) == ([], [], [])


def test_a_version_read_through_an_index_guards_the_whole_record(indexed: Records[Parcel]) -> None:
    indexed.create("contoso", "a", Parcel(id="a"))
    (seen,) = indexed.list("contoso", index="state:packed").items
    (stale,) = indexed.list("contoso", index="all").items
    indexed.replace(seen, Parcel(id="a", state="sent", weight=1))
    with pytest.raises(Stale):
        indexed.replace(stale, Parcel(id="a", state="lost"))
    with pytest.raises(Stale):
        indexed.delete(seen)
    assert (ids(indexed, "state:sent"), ids(indexed, "state:lost"), ids(indexed, "all")) == (["a"], [], ["a"])


def test_a_refused_change_leaves_every_index_as_it_was(indexed: Records[Parcel]) -> None:
    stored = indexed.create("contoso", "a", Parcel(id="a"))
    indexed.replace(stored, Parcel(id="a", state="sent"))
    with pytest.raises(Stale):
        indexed.replace(stored, Parcel(id="a", state="lost"))
    with pytest.raises(AlreadyThere):
        indexed.create("contoso", "a", Parcel(id="a", state="lost"))
    assert (ids(indexed, "state:lost"), ids(indexed, "state:sent"), ids(indexed, "all")) == ([], ["a"], ["a"])


def test_the_name_of_an_index_is_not_the_beginning_of_another(make: Callable[..., Records[Parcel]]) -> None:
    records = make(lambda parcel: [("s", "1"), ("s:long", "1")] if parcel.weight else [("s:long", "1")])
    records.create("contoso", "a", Parcel(id="a"))
    records.create("contoso", "b", Parcel(id="b", weight=0))
    assert (ids(records, "s"), ids(records, "s:long")) == (["a"], ["a", "b"])


# --- pages


def walk(records: Records[Parcel], index: str, limit: int) -> list[list[str]]:
    found, token = list[list[str]](), None
    while True:
        page = records.list("contoso", index=index, limit=limit, continuation=token)
        found.append([stored.value.id for stored in page.items])
        if not (token := page.continuation):
            return found


def test_pages_go_on_where_the_last_one_ended(indexed: Records[Parcel]) -> None:
    for number in range(7):
        indexed.create("contoso", f"p{number}", Parcel(id=f"p{number}", weight=number))
    assert walk(indexed, "", 3) == [["p0", "p1", "p2"], ["p3", "p4", "p5"], ["p6"]]
    assert walk(indexed, "state:packed", 7) == [[f"p{n}" for n in range(7)]]
    assert walk(indexed, "all", 5) == [["p6", "p5", "p4", "p3", "p2"], ["p1", "p0"]]


def test_a_page_survives_that_its_last_record_went_away(indexed: Records[Parcel]) -> None:
    stored = [indexed.create("contoso", f"p{number}", Parcel(id=f"p{number}")) for number in range(4)]
    token = indexed.list("contoso", limit=2).continuation
    indexed.delete(stored[1])
    assert [item.key for item in indexed.list("contoso", limit=2, continuation=token).items] == ["p2", "p3"]


def test_a_continuation_belongs_to_its_list(indexed: Records[Parcel]) -> None:
    for number in range(3):
        indexed.create("contoso", f"p{number}", Parcel(id=f"p{number}"))
        indexed.create("fabrikam", f"p{number}", Parcel(id=f"p{number}"))
    token = indexed.list("contoso", limit=1).continuation
    for partition, index, given in [
        ("fabrikam", "", token),
        ("contoso", "all", token),
        ("contoso", "", "nonsense"),
        ("contoso", "", "ünsinn"),
        ("contoso", "", token[:-6]),
        ("contoso", "", "bnVsbA"),
        ("contoso", "", "W10"),
    ]:
        with pytest.raises(InvalidRequest) as refused:
            indexed.list(partition, index=index, continuation=given)
        assert refused.value.field == "continuationToken"
        assert "contoso" not in str(token)


def test_more_than_a_thousand_records_are_listed_completely(kind: str, make: Callable[..., Records[Parcel]]) -> None:
    records = make()
    fill(records, 1200, f"table-{kind}")
    assert sum(1 for _ in records.everywhere()) == 1200
    pages = walk(records, "", 200)
    assert [len(page) for page in pages] == [200] * 6
    assert len({key for page in pages for key in page}) == 1200
    assert len(records.list("contoso", limit=1100).items) == 1100


def fill(records: Records[Parcel], number: int, _name: str) -> None:
    """By four threads: it is the reading that is tested."""

    def create(share: int) -> None:
        for at in range(share, number, 4):
            records.create("contoso", f"p{at:04d}", Parcel(id=f"p{at:04d}"))

    threads = [threading.Thread(target=create, args=(share,)) for share in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# --- sizes and keys


@pytest.mark.parametrize("letter", ["x", "ü", "世", "\U0001f4e6", "\\", "\u0001"])
def test_a_large_document_comes_back_whole(records: Records[Parcel], letter: str) -> None:
    parcel = Parcel(id="a", note=letter * 70_001)
    records.create("contoso", "a", parcel)
    assert records.get("contoso", "a").value == parcel
    assert records.list("contoso").items[0].value == parcel


def test_a_document_becomes_shorter_again(records: Records[Parcel]) -> None:
    stored = records.create("contoso", "a", Parcel(id="a", note="x" * 200_000))
    records.replace(stored, Parcel(id="a", note="short"))
    assert records.get("contoso", "a").value.note == "short"


@pytest.mark.parametrize("note", ["x" * 470_000, "\U0001f4e6" * 240_000])
def test_what_is_too_large_is_refused_and_changes_nothing(records: Records[Parcel], note: str) -> None:
    stored = records.create("contoso", "a", Parcel(id="a"))
    with pytest.raises(Rejected) as refused:
        records.replace(stored, Parcel(id="a", note=note))
    assert refused.value.code == "too_large"
    records.replace(stored, Parcel(id="a", note="fits"))


@pytest.mark.parametrize(
    "text", ["", "a/b", "a\\b", "a#b", "a?b", "a|b", "a b", "a%2fb", "a'b", "a\tb", "ä", "x" * 256]
)
def test_raw_text_never_becomes_a_key(records: Records[Parcel], text: str) -> None:
    with pytest.raises(ValueError, match="a key is"):
        records.create("contoso", text, Parcel(id="a"))
    with pytest.raises(ValueError, match="a key is"):
        records.create(text, "a", Parcel(id="a"))
    with pytest.raises(ValueError, match="a key is"):
        records.get("contoso", text)


@pytest.mark.parametrize("key", ["order-4711.confirm_ation", "0b6c7a3e-1111-4222-8333-444455556666", "a~2", "x" * 255])
def test_identifiers_are_keys(records: Records[Parcel], key: str) -> None:
    stored = records.create("contoso", key, Parcel(id=key))
    records.replace(stored, Parcel(id=key, state="sent"))
    assert records.get("contoso", key).value.state == "sent"


def test_a_newer_version_may_have_written_more_fields(make: Callable[..., Records[Any]]) -> None:
    class NewerParcel(Parcel):
        colour: str = "red"

    records = make()
    records.create("contoso", "a", NewerParcel(id="a"))
    old = Parcel.model_validate_json(json.dumps({"id": "a", "colour": "red"}))
    assert records.get("contoso", "a").value.id == old.id
