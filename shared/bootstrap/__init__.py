"""From settings to wired use cases, each built when it is first asked for.

The only room that knows every implementation; nothing here opens a connection before a use case needs it. One module
for each subject, each a layer on the one before: what a later subject adds to an earlier list, it adds with ``super()``.
"""

from functools import cache

from shared.bootstrap.pages import Pages
from shared.config import Settings


class Connector(Pages):
    """Everything that triggers can call."""


@cache
def connector() -> Connector:
    """The one of this process. Raises SettingsError, at each call, until the settings are complete."""
    return Connector(Settings.read())
