"""What an account shows to an EWS server: its password, or a token."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Password:
    username: str
    password: str = field(repr=False)

    def basic(self) -> str:
        """The header's value, RFC 7617."""
        return f"Basic {b64encode(f'{self.username}:{self.password}'.encode()).decode()}"


@dataclass(frozen=True, slots=True)
class Bearer:
    """``token`` gives one; called with the one that was refused, another one. It raises the verdicts on the sign-in."""

    token: Callable[[str | None], str] = field(repr=False)


Account = Password | Bearer
