"""What happened to an action, for people: each try, each wait and why, the outcome. And finding it again."""

from datetime import timedelta

from shared.domain.action import Action, ActionState, Happening, Told, action_indexes
from shared.domain.caller import Caller, Role
from shared.domain.organization import Organization
from shared.use_cases.organization_access import OrganizationAccess
from shared.use_cases.read_actions import ReadActions
from tests.fakes.clock import FakeClock
from tests.fakes.records import FakeRecords

CLOCK = FakeClock()
NOW = CLOCK.now()
BUSY = Told(code="server_busy", message="The server is busy.")


def action(name: str = "order-1", **changes: object) -> Action:
    fields = {
        "id": name,
        "organization": "contoso",
        "connection_id": "c",
        "requested_by": "anna@contoso.example",
        "action": "sendEmail",
        "content": "x",
        "state": ActionState.QUEUED,
        "accepted_at": NOW,
        "retry_from": NOW,
    }
    return Action.model_validate({**fields, **changes})


def test_a_story_names_tries_waits_and_the_outcome() -> None:
    at = [NOW + timedelta(minutes=minute) for minute in range(6)]
    tried = action().claimed(at[0], at[1])
    waits = tried.put_back(now=at[1], until=at[2], why=BUSY, attempt=1)
    failed = waits.claimed(at[2], at[3]).ended(ActionState.FAILED, at[3], error=BUSY)
    done = failed.again(at[4]).claimed(at[5], at[5]).ended(ActionState.SUCCEEDED, at[5], result={})
    assert [(one.what, one.at) for one in done.story] == [
        (Happening.TRIED, at[0]),
        (Happening.PUT_BACK, at[1]),
        (Happening.TRIED, at[2]),
        (Happening.FAILED, at[3]),
        (Happening.RETRIED, at[4]),
        (Happening.TRIED, at[5]),
        (Happening.SUCCEEDED, at[5]),
    ]
    assert (done.story[1].until, done.story[1].code, done.story[1].message) == (at[2], "server_busy", BUSY.message)
    assert done.tombstone().story == ()


def test_a_try_that_ended_without_a_word_is_told() -> None:
    claimed = action().claimed(NOW, NOW + timedelta(minutes=5))
    assert claimed.claimed(NOW + timedelta(minutes=6), NOW).story[-1].what is Happening.TAKEN_OVER


def test_a_long_story_keeps_its_beginning_and_its_end() -> None:
    long = action()
    for minute in range(100):
        long = long.claimed(NOW + timedelta(minutes=minute), NOW).put_back(
            now=NOW, until=NOW, why=Told(code="throttled", message="x" * 1000), attempt=minute
        )
    assert len(long.story) == 40
    assert long.story[0].at == NOW
    assert long.story[-2].at == NOW + timedelta(minutes=99)
    assert len(long.story[-1].message or "") == 300


def test_it_is_found_by_id_and_by_what_its_process_wrote() -> None:
    actions: FakeRecords[Action] = FakeRecords(action_indexes)
    for number in range(300):
        one = action(f"order-{number}", correlation={"case": f"Case-{number}", "nested": {"deep": [number * 1000]}})
        actions.create("contoso", one.id, one.model_copy(update={"accepted_at": NOW + timedelta(seconds=number)}))
    organizations: FakeRecords[Organization] = FakeRecords()
    contoso = Organization(id="contoso", display_name="C", exchange_enabled=True, created_at=NOW, updated_at=NOW)
    organizations.create("contoso", "contoso", contoso)
    read = ReadActions(enter=OrganizationAccess(organizations=organizations), actions=actions)
    admin = Caller("oid", "admin@contoso.example", frozenset({Role.ADMINISTRATOR}))

    def found(text: str, token: str | None = None) -> tuple[list[str], str | None]:
        page = read.find(admin, "contoso", text, continuation=token)
        return [stored.key for stored in page.items], page.continuation

    assert found("order-3")[0] == ["order-3"], "an old one, by its id, at once"
    assert found("case-299")[0] == ["order-299"]
    assert found("nothing at all")[0] == []
    old, token = found("case-42")
    assert old == []
    assert found("case-42", token)[0] == ["order-42"]
    assert found("299000")[0] == ["order-299"]
