"""From settings to wired use cases, each built when it is first asked for.

The only module that knows every implementation; nothing here opens a connection before a use case needs it.
"""

from functools import cache, cached_property

from shared.config import Settings


class Connector:
    """Everything that triggers can call."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings


@cache
def connector() -> Connector:
    """The one of this process. Raises SettingsError, at each call, until the settings are complete."""
    return Connector(Settings.read())
