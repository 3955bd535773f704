"""Settings and schedules: the only place that reads the environment.

Importing this package is free; the models behind ``Settings`` are loaded when they are first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from shared.config.schedules import CHECK_SCHEDULE, SWEEP_SCHEDULE, schedule

if TYPE_CHECKING:
    from shared.config.settings import TRUSTED_AUTHENTICATION, Settings, SettingsError

__all__ = ["CHECK_SCHEDULE", "SWEEP_SCHEDULE", "TRUSTED_AUTHENTICATION", "Settings", "SettingsError", "schedule"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    return getattr(import_module("shared.config.settings"), name)
