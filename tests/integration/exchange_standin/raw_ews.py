"""EWS as bare XML: what a client sends and what comes back, checked against Microsoft's schema where that is at hand."""

import base64
import re
from types import TracebackType
from typing import NamedTuple, Self

import requests
from lxml import etree

from local.exchange.server import Exchange
from local.exchange.store import password_of

T = "http://schemas.microsoft.com/exchange/services/2006/types"
M = "http://schemas.microsoft.com/exchange/services/2006/messages"
NAMES = {"t": T, "m": M, "e": "http://schemas.microsoft.com/exchange/services/2006/errors"}


class Answer(NamedTuple):
    status: int
    text: str
    root: etree._Element | None

    @property
    def codes(self) -> list[str]:
        return self.all("//m:ResponseCode/text() | //e:ResponseCode/text()")

    @property
    def code(self) -> str:
        return self.codes[0]

    def all(self, path: str) -> list[str]:
        found = self.root.xpath(path, namespaces=NAMES) if self.root is not None else []
        return [str(one) for one in found]

    def one(self, path: str) -> str:
        (found,) = self.all(path)
        return found

    @property
    def item_id(self) -> str:
        """The first ItemId as it can be put into the next request."""
        return f'<t:ItemId Id="{self.all("//t:ItemId/@Id")[0]}" ChangeKey="{self.all("//t:ItemId/@ChangeKey")[0]}"/>'


class RawEws:
    """Basic sign-in. `wrong=True` says that the request itself breaks the schema on purpose."""

    def __init__(self, exchange: Exchange, address: str, schema: etree.XMLSchema | None) -> None:
        self.exchange = exchange
        self.address = address
        self._schema = schema
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(exchange.ca_bundle)
        self._session.auth = (address, password_of(address))
        self._others: list[RawEws] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()
        for other in self._others:
            other._session.close()

    def of(self, address: str) -> "RawEws":
        other = RawEws(self.exchange, address, self._schema)
        self._others.append(other)
        return other

    def __call__(self, body: str, *, wrong: bool = False, header: str = "", version: str = "Exchange2016") -> Answer:
        response = self.post(_envelope(body, header, version))
        assert response.headers["Content-Type"] == "text/xml; charset=utf-8"
        root = etree.fromstring(response.content)
        if self._schema is not None:
            if not wrong:
                self._schema.assertValid(_payload(etree.fromstring(_envelope(body, header, version).encode())))
            if response.status_code == 200:
                self._schema.assertValid(_payload(root))
        return Answer(response.status_code, response.text, root)

    def post(self, envelope: str) -> requests.Response:
        return self._session.post(
            self.exchange.ews_url,
            data=envelope.encode(),
            headers={"Content-Type": "text/xml; charset=utf-8"},
            timeout=20,
        )

    def draft(self, inner: str, folder: str = "drafts") -> Answer:
        """Saves a message with these elements."""
        return self(
            f'<m:CreateItem MessageDisposition="SaveOnly"><m:SavedItemFolderId><t:DistinguishedFolderId Id="{folder}"/>'
            f"</m:SavedItemFolderId><m:Items><t:Message>{inner}</t:Message></m:Items></m:CreateItem>"
        )

    def send(self, item_id: str, attributes: str = 'SaveItemToFolder="true"') -> Answer:
        return self(f"<m:SendItem {attributes}><m:ItemIds>{item_id}</m:ItemIds></m:SendItem>")

    def get(self, item_id: str, shape: str = "<t:BaseShape>AllProperties</t:BaseShape>") -> Answer:
        return self(f"<m:GetItem><m:ItemShape>{shape}</m:ItemShape><m:ItemIds>{item_id}</m:ItemIds></m:GetItem>")

    def sync(self, state: str = "", folder: str = "inbox", most: int = 512) -> Answer:
        given = f"<m:SyncState>{state}</m:SyncState>" if state else ""
        return self(
            "<m:SyncFolderItems><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:SyncFolderId>"
            f'<t:DistinguishedFolderId Id="{folder}"/></m:SyncFolderId>{given}'
            f"<m:MaxChangesReturned>{most}</m:MaxChangesReturned></m:SyncFolderItems>"
        )

    def find(self, restriction: str, folder: str = "inbox", view: str = "", order: str = "") -> Answer:
        wanted = f"<m:Restriction>{restriction}</m:Restriction>" if restriction else ""
        return self(
            f'<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape>{view}{wanted}{order}'
            f'<m:ParentFolderIds><t:DistinguishedFolderId Id="{folder}"/></m:ParentFolderIds></m:FindItem>'
        )


def to(*addresses: str, element: str = "ToRecipients") -> str:
    inner = "".join(f"<t:Mailbox><t:EmailAddress>{address}</t:EmailAddress></t:Mailbox>" for address in addresses)
    return f"<t:{element}>{inner}</t:{element}>"


def file(name: str, content: bytes) -> str:
    return f"<t:FileAttachment><t:Name>{name}</t:Name><t:Content>{base64.b64encode(content).decode()}</t:Content></t:FileAttachment>"


def _envelope(body: str, header: str, version: str) -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:t="{T}" xmlns:m="{M}">'
        f'<s:Header><t:RequestServerVersion Version="{version}"/>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>'
    )


def _payload(envelope: etree._Element) -> etree._Element:
    """A copy on its own: the schema describes what stands in the SOAP body."""
    (payload,) = envelope.xpath("//*[local-name()='Body']/*")
    return etree.fromstring(re.sub(rb"\s+xmlns:s=\"[^\"]+\"", b"", etree.tostring(payload)))
