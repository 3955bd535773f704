"""https://learn.microsoft.com/exchange/client-developer/web-service-reference/getfolder-operation"""

from exchangelib import services

from shared.exchange.ews import incoming
from shared.exchange.ews.markup import FolderRef, element, folder_element, shape
from shared.exchange.ews.operation import Operation, one


class GetFolder(Operation, services.GetFolder):  # type: ignore[misc]
    def identifier(self, folder: FolderRef) -> str:
        payload = element("m:GetFolder", shape(name="m:FolderShape"), element("m:FolderIds", folder_element(folder)))
        return incoming.folder(one(self.results(payload))[0])[0]
