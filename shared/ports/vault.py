"""Where secrets lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class SecretInfo:
    name: str
    created_at: datetime
    tags: dict[str, str]


class Vault(Protocol):
    """Key Vault. A name is random, is used for one value only and reveals nothing. Raises NotNow ``vault_unavailable``."""

    def put(self, value: str, *, tags: dict[str, str]) -> str:
        """Stores under a new name, which is the answer."""
        ...

    def get(self, name: str) -> str:
        """Raises NotFound."""
        ...

    def delete(self, name: str) -> None:
        """Deleting what is gone is no error."""
        ...

    def secrets(self) -> Iterator[SecretInfo]:
        """All of this installation's, complete, or it raises."""
        ...
