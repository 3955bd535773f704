"""Who is asking: a signed-in person or program, as the platform told us."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    ADMINISTRATOR = "Connector.Administrator"
    PROCESS = "Connector.Process"


@dataclass(frozen=True, slots=True)
class Caller:
    """``name`` is the user principal name (never the ``email`` claim); programs have only an object id."""

    object_id: str
    name: str = ""
    roles: frozenset[Role] = frozenset()

    @property
    def person(self) -> str:
        """How the caller is written down: by name where there is one."""
        return self.name or self.object_id

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that lists of persons may call the caller."""
        return tuple(name for name in (self.name, self.object_id) if name)

    @property
    def is_administrator(self) -> bool:
        return Role.ADMINISTRATOR in self.roles

    @property
    def is_engine(self) -> bool:
        return Role.PROCESS in self.roles

    def is_person(self, written: str) -> bool:
        """Whether somebody wrote this caller's name or object id; the case never matters."""
        return written.casefold() in {self.object_id.casefold(), self.name.casefold()} - {""}
