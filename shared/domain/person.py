"""Persons as they are written down: user principal names, object ids, ``*@domain`` and ``*``. The case never matters."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator

from shared.domain.model import PersonName


def _one(written: str) -> str:
    if "*" in written:
        raise ValueError("must name one person: only members may be *@domain or *")
    return written


OnePerson = Annotated[PersonName, AfterValidator(_one)]
"""Where a pattern would match nobody and only look as if it did."""


def same_person(one: str, other: str) -> bool:
    return bool(one.strip()) and one.strip().casefold() == other.strip().casefold()


def listed(person: str, written: Iterable[str], *, patterns: bool = False) -> bool:
    """``patterns``: the list may hold ``*`` and ``*@domain``."""
    return any(same_person(person, entry) or (patterns and _matches(person, entry)) for entry in written)


def _matches(person: str, pattern: str) -> bool:
    folded = pattern.strip().casefold()
    if folded == "*":
        return True
    return folded.startswith("*@") and person.strip().casefold().endswith(folded[1:])
