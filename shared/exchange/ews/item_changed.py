"""Somebody else was faster: the change key that we know is not the current one."""

from shared.errors import NotNow


class ItemChanged(NotNow):
    def __init__(self) -> None:
        super().__init__("server_busy", "The item was changed by somebody else meanwhile.")
