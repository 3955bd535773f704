"""The inline constraints of route templates: ``{id:int}``, ``{name:alpha:maxlength(8)}``."""

import datetime as dt
import re
import uuid
from collections.abc import Callable

from local.host.settings import SettingWrong

Check = Callable[[str], bool]

_WRITTEN = re.compile(r"([a-zA-Z]+)(?:\((.*)\))?")
_INT_MAX = 2**31
_LONG_MAX = 2**63


def constraint(written: str, function: str) -> Check:
    """Raises SettingWrong for one that ASP.NET does not know."""
    found = _WRITTEN.fullmatch(written)
    if found:
        name, argument = found[1].lower(), found[2]
        if argument is None and name in _PLAIN:
            return _PLAIN[name]
        if argument is not None and name in _WITH_ARGUMENT:
            return _WITH_ARGUMENT[name](argument)
    raise SettingWrong(f"The route of {function} has an unknown constraint: {written}.")


def _whole(limit: int) -> Check:
    def check(value: str) -> bool:
        return re.fullmatch(r"[+-]?[0-9]+", value) is not None and -limit <= int(value) < limit

    return check


def _readable(read: Callable[[str], object]) -> Check:
    def check(value: str) -> bool:
        try:
            read(value)
        except ValueError:
            return False
        return True

    return check


def _between(argument: str) -> tuple[int, int]:
    least, _, most = argument.partition(",")
    return int(least), int(most or least)


def _length(argument: str) -> Check:
    least, most = _between(argument)
    return lambda value: least <= len(value) <= most


def _range(argument: str) -> Check:
    least, most = _between(argument)
    return lambda value: _PLAIN["long"](value) and least <= int(value) <= most


_PLAIN: dict[str, Check] = {
    "int": _whole(_INT_MAX),
    "long": _whole(_LONG_MAX),
    "guid": _readable(uuid.UUID),
    "bool": lambda value: value.lower() in {"true", "false"},
    "alpha": lambda value: re.fullmatch("[a-zA-Z]*", value) is not None,
    "datetime": _readable(dt.datetime.fromisoformat),
    "decimal": _readable(float),
    "double": _readable(float),
    "float": _readable(float),
    "required": bool,
}
_WITH_ARGUMENT: dict[str, Callable[[str], Check]] = {
    "length": _length,
    "range": _range,
    "minlength": lambda least: lambda value: len(value) >= int(least),
    "maxlength": lambda most: lambda value: len(value) <= int(most),
    "min": lambda least: lambda value: _PLAIN["long"](value) and int(value) >= int(least),
    "max": lambda most: lambda value: _PLAIN["long"](value) and int(value) <= int(most),
    "regex": lambda pattern: lambda value: re.search(pattern, value, re.IGNORECASE) is not None,
}
