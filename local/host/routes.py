"""Which function answers a request: ASP.NET's route templates, as the platform uses them.

Templates and constraints: https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-templates.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from local.host.app import Function, methods_of, route_of
from local.host.constraints import constraint
from local.host.settings import SettingWrong

_PARAMETER = re.compile(r"\{(\*{0,2})([^{}:=?*]+)((?::[^{}:=?]+(?:\([^{}]*\))?)*)(?:=([^{}]*))?(\?)?\}")


@dataclass(frozen=True, slots=True)
class _Parameter:
    group: str
    checks: tuple[Callable[[str], bool], ...]
    default: str | None


@dataclass(frozen=True, slots=True)
class Route:
    """``rank`` orders routes segment by segment: literal, then checked parameter, then parameter, then catch-all."""

    function: Function
    pattern: re.Pattern[str]
    parameters: Mapping[str, _Parameter]
    methods: frozenset[str]
    rank: tuple[int, ...]

    def match(self, method: str, path: str) -> dict[str, str] | None:
        found = self.pattern.fullmatch(path)
        if found is None or (self.methods and method not in self.methods):
            return None
        values = {name: found[one.group] or one.default for name, one in self.parameters.items()}
        given = {name: value for name, value in values.items() if value is not None}
        passes = all(check(given[name]) for name in given for check in self.parameters[name].checks)
        return given if passes else None


class Routes:
    def __init__(self, prefix: str, functions: list[Function]) -> None:
        """Raises SettingWrong for a template that the platform would refuse."""
        self._routes = sorted((_route(prefix, one) for one in functions), key=lambda route: route.rank)

    def find(self, method: str, path: str) -> tuple[Function, dict[str, str]] | None:
        """The path as of ``plain_path``. A wrong method is as good as no route."""
        trimmed = path[1:].removesuffix("/")
        for route in self._routes:
            if (values := route.match(method, trimmed)) is not None:
                return route.function, values
        return None


def plain_path(raw: str) -> str:
    """Decoded as a whole and without dot segments, before any matching.

    In Azure an encoded slash parts segments like a plain one (Azure/azure-functions-host#5619); on one machine too,
    or the first to notice would be the user in production.
    """
    kept: list[str] = []
    parts = unquote(raw).split("/")[1:]
    for number, part in enumerate(parts):
        if part == "..":
            del kept[-1:]
        if part in {".", ".."}:
            kept += [""] if number == len(parts) - 1 else []
        else:
            kept.append(part)
    return "/" + "/".join(kept)


@dataclass(slots=True)
class _Building:
    pattern: str = ""
    parameters: dict[str, _Parameter] = field(default_factory=dict)
    rank: list[int] = field(default_factory=list)


def _route(prefix: str, function: Function) -> Route:
    template = route_of(function)
    if template.startswith(("/", "~")):
        raise SettingWrong(f"The route of {function.name} must not begin with {template[0]}.")
    whole = "/".join(part for part in (prefix, template.removesuffix("/")) if part)
    building = _Building()
    for segment in _segments(whole):
        _add_segment(building, segment, function.name)
    return Route(
        function,
        re.compile(building.pattern, re.IGNORECASE | re.DOTALL),
        building.parameters,
        methods_of(function),
        tuple(building.rank),
    )


def _segments(template: str) -> list[str]:
    """Cut at slashes, but not at those inside a parameter's constraint."""
    return re.findall(r"(?:\{[^{}]*\}|[^/{}]|[{}])+", template)


def _add_segment(building: _Building, segment: str, function: str) -> None:
    text, rank, optional, position = "", 1, False, 0
    for found in _PARAMETER.finditer(segment):
        stars, name, checks, default, question = found.groups()
        text += _literal(segment[position : found.start()], function)
        group = f"p{len(building.parameters)}"
        tests = tuple(constraint(check, function) for check in _checks(checks))
        building.parameters[name] = _Parameter(group, tests, default)
        text += f"(?P<{group}>{'.*' if stars else '[^/]+'})"
        rank = (5 if not tests else 4) if stars else max(rank, 2 if tests else 3)
        optional = bool(question or default is not None or stars)
        position = found.end()
    text += _literal(segment[position:], function)
    slash = "/" if building.rank else ""
    building.pattern += f"(?:{slash}{text})?" if optional else slash + text
    building.rank.append(rank)


def _literal(text: str, function: str) -> str:
    if "{" in text or "}" in text:
        raise SettingWrong(f"The route of {function} is not a template that this host reads, near {text!r}.")
    return re.escape(text)


def _checks(text: str) -> list[str]:
    return re.findall(r":([^:(]+(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?)", text)
