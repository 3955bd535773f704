"""What a form sent, and a form as it is shown: its values as texts, and what is wrong beside each."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.errors import FieldError, InvalidRequest, RateLimited


class Sent:
    """The fields of a form by name."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._pairs = pairs
        self._last = dict(pairs)

    def text(self, name: str) -> str:
        return self._last.get(name, "").strip()

    def raw(self, name: str) -> str:
        """With the spaces around it: for secrets."""
        return self._last.get(name, "")

    def flag(self, name: str) -> bool:
        return name in self._last

    def all(self, name: str) -> list[str]:
        return [value for there, value in self._pairs if there == name]

    def lines(self, name: str) -> list[str]:
        """One entry for each line."""
        return [line.strip() for line in self.raw(name).splitlines() if line.strip()]

    def values(self, secrets: Iterable[str] = ()) -> dict[str, str]:
        """To be shown again: everything but secrets."""
        hidden = {*secrets, "token", "etag", "do", "run"}
        return {name: "\n".join(self.all(name)) for name in self._last if name not in hidden}


@dataclass(slots=True)
class Form:
    """``errors`` by field; those of no field of this form stand above it, under the empty name."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, list[FieldError]] = field(default_factory=dict)
    etag: str = ""

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def refused(self, refusal: InvalidRequest | RateLimited, names: Iterable[str]) -> None:
        known = set(names)
        errors = refusal.errors if isinstance(refusal, InvalidRequest) else ()
        for error in errors or [FieldError("", refusal.message)]:
            name = re.sub(r"\[\d+\]", "", error.field)
            self.errors.setdefault(name if name in known else "", []).append(error)

    def wrong(self, name: str) -> list[FieldError]:
        return self.errors.get(name, [])


def flat(document: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """A document as values of form fields: ``afterwards.moveTo``; lists by line, true as ``true``."""
    values: dict[str, str] = {}
    for name, value in document.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping):
            values |= flat(value, f"{path}.")
        elif isinstance(value, (list, tuple)):
            values[path] = "\n".join(map(str, value))
        elif value is True:
            values[path] = "true"
        elif value is not None and value is not False:
            values[path] = str(value)
    return values
