"""The HTTP side: tables of routes, and the frame that parses, answers and translates errors for all of them."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.triggers.http.endpoint import Routes

VERSION = "0.1.0"
# Every module here has a table called ``routes``. A route template belongs to one table only.
_TABLES = (
    "system",
    "organizations",
    "connections",
    "actions",
    "watches",
    "surveys",
    "appointments",
    "incoming",
    "vote",
    "web",
)


def tables() -> "list[Routes]":
    """All tables of routes, in the order in which the documentation shows them."""
    return [import_module(f"shared.triggers.http.{name}").routes for name in _TABLES]
