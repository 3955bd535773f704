"""The app's functions as plain facts: loads ``function_app.py`` and reads its decorators, once.

The only module here that knows how azure.functions describes a function; what the facts are good for, others know.
"""

import importlib
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import azure.functions as func
from azure.functions.decorators.core import BindingDirection
from azure.functions.decorators.function_app import FunctionRegister

from local.host.settings import SettingWrong

RETURN = "$return"
_OUTPUTS = {"http", "queue"}


@dataclass(frozen=True, slots=True)
class Binding:
    """``facts`` are the decorator's arguments under their function.json names (``queueName``, ``connection``, …)."""

    type: str
    name: str
    facts: Mapping[str, Any]

    def text(self, fact: str) -> str:
        value = self.facts.get(fact)
        return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    trigger: Binding
    outputs: tuple[Binding, ...]
    call: Callable[..., Any]
    is_async: bool
    wants_context: bool
    directory: Path


def load_functions(app_dir: Path) -> list[Function]:
    """Every function of the app. Raises SettingWrong for an app that the platform would refuse as a whole."""
    sys.path.insert(0, str(app_dir))
    module = importlib.import_module("function_app")
    # get_functions() answers once per app and raises ValueError the second time.
    return [_read(declared, app_dir) for declared in _app_of(module).get_functions()]


def _app_of(module: ModuleType) -> FunctionRegister:
    apps = {id(value): value for value in vars(module).values() if isinstance(value, FunctionRegister)}
    if len(apps) != 1:
        raise SettingWrong(f"function_app.py must hold exactly one FunctionApp, and holds {len(apps)}.")
    return next(iter(apps.values()))


def _read(declared: Any, app_dir: Path) -> Function:
    name = declared.get_function_name()
    call = declared.get_user_function()
    raw = [binding.get_dict_repr() for binding in declared.get_bindings()]
    bindings = [Binding(str(facts["type"]), str(facts["name"]), facts) for facts in raw]
    triggers = [binding for binding in bindings if binding.type.lower().endswith("trigger")]
    if len(triggers) != 1:
        raise SettingWrong(f"The function {name} must have exactly one trigger.")
    others = [binding for binding in bindings if binding not in triggers]
    _check_outputs(name, others)
    parameters = set(inspect.signature(call).parameters)
    wants_context = "context" in parameters and "context" not in {binding.name for binding in bindings}
    _check_parameters(name, parameters - ({"context"} if wants_context else set()), bindings)
    return Function(name, triggers[0], tuple(others), call, inspect.iscoroutinefunction(call), wants_context, app_dir)


def _check_outputs(name: str, bindings: list[Binding]) -> None:
    for binding in bindings:
        if binding.type not in _OUTPUTS or binding.facts["direction"] is not BindingDirection.OUT:
            raise SettingWrong(f"The function {name} has a binding that this host does not know: {binding.type}.")


def _check_parameters(name: str, parameters: set[str], bindings: list[Binding]) -> None:
    bound = {binding.name for binding in bindings if binding.name != RETURN}
    if missing := bound - parameters:
        raise SettingWrong(f"The function {name} does not take {', '.join(sorted(missing))}.")
    if unknown := parameters - bound:
        raise SettingWrong(f"The function {name} takes {', '.join(sorted(unknown))}, which no binding provides.")


def route_of(function: Function) -> str:
    """The route template; a function without one is reached by its name."""
    route = function.trigger.facts.get("route")
    return function.name if route is None else str(route)


def methods_of(function: Function) -> frozenset[str]:
    """In upper case; none means all."""
    methods = function.trigger.facts.get("methods") or ()
    return frozenset(str(getattr(method, "value", method)).upper() for method in methods)


def converter(binding: Binding) -> Any:
    """What the worker itself calls to make objects of messages and messages of objects."""
    return func.get_binding_registry().get(binding.type)
