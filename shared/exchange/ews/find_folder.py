"""https://learn.microsoft.com/exchange/client-developer/web-service-reference/findfolder-operation"""

from collections.abc import Iterator
from typing import Any

from exchangelib import services
from exchangelib.util import MNS, TNS

from shared.exchange.ews import incoming
from shared.exchange.ews.markup import FolderRef, element, field, folder_element, shape
from shared.exchange.ews.operation import Operation, one

_PAGE = 1000
_FIELDS = ("folder:DisplayName", "folder:ParentFolderId", "folder:FolderClass")


class FindFolder(Operation, services.FindFolder):  # type: ignore[misc]
    element_container_name = f"{{{MNS}}}RootFolder"

    def below(self, folder: FolderRef) -> Iterator[tuple[str, str, str, str]]:
        """Id, id of the parent, name and class of every folder at any depth."""
        offset = 0
        while True:
            payload = self._payload(folder, "Deep", offset)
            message = self._root(payload)
            found = list(message.find(f"{{{TNS}}}Folders"))
            yield from (incoming.folder(item) for item in found)
            offset += len(found)
            if not found or message.get("IncludesLastItemInRange", "true") in {"true", "1"}:
                return

    def child(self, folder: FolderRef, name: str) -> str | None:
        """The id of the folder with this name, whatever its case."""
        contains = element(
            "t:Contains",
            field("folder:DisplayName"),
            element("t:Constant", Value=name),
            ContainmentMode="FullString",
            ContainmentComparison="IgnoreCase",
        )
        root = self._root(self._payload(folder, "Shallow", 0, element("m:Restriction", contains)))
        return next((incoming.folder(item)[0] for item in root.find(f"{{{TNS}}}Folders")), None)

    def _payload(self, folder: FolderRef, traversal: str, offset: int, restriction: Any | None = None) -> Any:
        return element(
            "m:FindFolder",
            shape(_FIELDS, name="m:FolderShape"),
            element(
                "m:IndexedPageFolderView", MaxEntriesReturned=str(_PAGE), Offset=str(offset), BasePoint="Beginning"
            ),
            restriction,
            element("m:ParentFolderIds", folder_element(folder)),
            Traversal=traversal,
        )

    def _root(self, payload: Any) -> Any:
        return one(self.results(payload))
