"""The use cases over both real doors, a simulated Exchange behind them; storage is the unit tests' own."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
from exchangelib import BASIC, DELEGATE, Account, Configuration, Credentials
from exchangelib.protocol import close_connections

from shared.domain.connection import Api
from tests.contract.mailbox_worlds import PASSWORD, SimulatedWorld, ews_world, online_world
from tests.unit.appointments.diary import Diary

_DOORS: dict[str, Callable[[], AbstractContextManager[SimulatedWorld]]] = {
    "ews": lambda: ews_world("basic"),
    "graph": lambda: online_world(Api.GRAPH),
}


class RealDiary(Diary):
    """``me`` is the organizer's address; ``person`` gives further ones."""

    def __init__(self, world: SimulatedWorld, door: str) -> None:
        super().__init__()
        self.world, self.door = world, door
        self.clock.advance((datetime.now(UTC) - self.clock.now()).total_seconds())
        self.exchange = world.exchange  # type: ignore[assignment]
        self.me = self.person("organizer")
        self.connection_id = self.connect_to(self.me)
        self.process()

    def connect_to(self, address: str) -> str:
        made = self.world.connection(address)
        connection = made.model_copy(
            update={"secret_name": self.keep_secret(PASSWORD), "created_by": "anna@contoso.example"}
        )
        self.connections.create("contoso", connection.id, connection)
        return connection.id

    def person(self, name: str) -> str:
        return self.world.person(name)

    def room(self) -> str:
        """It answers by its calendar, at once."""
        address = self.person("room")
        self.world.simulated.store.mailbox(address).kind = "room"
        return address

    @property
    def requests(self) -> Counter[str]:
        """To Exchange, by operation, since they were last counted."""
        seen = self.world.simulated.seen
        found = Counter({one["operation"]: one["count"] for one in seen.as_json()["requests"]})
        seen.clear()
        return found


@pytest.fixture(scope="module", params=_DOORS)
def world(request: pytest.FixtureRequest) -> Iterator[tuple[SimulatedWorld, str]]:
    with _DOORS[request.param]() as running:
        yield running, str(request.param)


@pytest.fixture
def diary(world: tuple[SimulatedWorld, str]) -> RealDiary:
    return RealDiary(*world)


@pytest.fixture
def account(world: tuple[SimulatedWorld, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Account]]:
    """A person's mailbox by plain exchangelib."""
    simulated = world[0].simulated
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(simulated.ca_bundle))

    def sign_in(address: str) -> Account:
        # The server reads UTF-8; the library behind exchangelib writes Latin-1.
        credentials = Credentials(address, PASSWORD.encode().decode("latin-1"))
        config = Configuration(service_endpoint=simulated.ews_url, credentials=credentials, auth_type=BASIC)
        return Account(address, config=config, autodiscover=False, access_type=DELEGATE)

    yield sign_in
    close_connections()
