"""Persons as they are written down: user principal names, object ids, ``*@domain`` and ``*``. The case never matters."""

from collections.abc import Iterable


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
