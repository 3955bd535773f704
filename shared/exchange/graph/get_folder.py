"""Get mailFolder, https://learn.microsoft.com/graph/api/mailfolder-get, by id or by a name that every mailbox has."""

from shared.exchange.graph.wire import Step


def get_folder(name: str) -> Step:
    """Answers the id."""
    return Step("GET", f"/mailFolders/{name}?$select=id")
