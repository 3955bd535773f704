"""One request as the operations see it, and their answer; neither knows the wire, so that $batch can use both."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.exchange.graph.refusal import GraphRefused, bad_request
from local.exchange.store import (
    Attachment,
    Folder,
    Item,
    Mailbox,
    Store,
    attachment_id,
    folder_id,
    immutable_id,
    item_id,
)

if TYPE_CHECKING:
    from local.exchange.graph.access import Caller
    from local.exchange.graph.uploads import Uploads

Json = dict[str, Any]
_PAGE = re.compile(r"odata\.maxpagesize\s*=\s*\"?(\d+)", re.IGNORECASE)
_BODY = re.compile(r"outlook\.body-content-type\s*=\s*\"?(text|html)", re.IGNORECASE)
_IMMUTABLE = re.compile(r"IdType\s*=\s*\"?ImmutableId", re.IGNORECASE)
_DEFAULT_PAGE = 10
_LARGEST_PAGE = 1000
_LARGEST_BODY = 4 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """`body`: what becomes JSON, raw bytes, or None."""

    status: int
    body: Json | bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Ask:
    """`base` ends with the version, `path` begins with /me or /users; `headers` have lower-case names; `at` are the ids in the path."""

    store: Store
    uploads: Uploads
    caller: Caller
    method: str
    base: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    content: bytes = b""
    mailbox: Mailbox
    at: dict[str, str] = field(default_factory=dict)

    @property
    def prefer(self) -> str:
        return self.headers.get("prefer", "")

    @property
    def immutable(self) -> bool:
        return _IMMUTABLE.search(self.prefer) is not None

    @property
    def body_kind(self) -> str:
        found = _BODY.search(self.prefer)
        return "Text" if found and found[1].lower() == "text" else "HTML"

    @property
    def page_size(self) -> int:
        found = _PAGE.search(self.prefer)
        wanted = self.query.get("$top") or (found[1] if found else str(_DEFAULT_PAGE))
        if not wanted.isdigit() or not 1 <= int(wanted) <= _LARGEST_PAGE:
            raise bad_request("Invalid value specified for the page size.", "ErrorInvalidUrlQuery")
        return int(wanted)

    @property
    def json(self) -> Json:
        """Raises GraphRefused for anything but an object of at most 4 MB."""
        if len(self.content) > _LARGEST_BODY:
            raise GraphRefused(413, "ErrorMessageSizeExceeded", "Maximum request length exceeded.")
        try:
            found = json.loads(self.content or b"{}")
        except ValueError:
            raise bad_request(
                "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."
            ) from None
        if not isinstance(found, dict):
            raise bad_request("The request's body is no JSON object.")
        return found

    @property
    def is_mime(self) -> bool:
        return self.headers.get("content-type", "").startswith("text/plain")

    def item(self) -> Item:
        """The message in the path. Raises Refused, GraphRefused."""
        found = self.store.item(self.at["id"])
        if found.mailbox is not self.mailbox:
            raise GraphRefused(404, "ErrorItemNotFound")
        return found

    def folder(self, written: str | None = None) -> Folder:
        """By id or well-known name; the one in the path unless another is given."""
        wanted = written if written is not None else self.at["id"]
        named = self.mailbox.named.get(wanted.lower())
        if named is not None:
            return named
        found = self.store.folder(wanted)
        if found.mailbox is not self.mailbox:
            raise GraphRefused(404, "ErrorItemNotFound")
        return found

    def id_of(self, item: Item) -> str:
        return immutable_id(item) if self.immutable else item_id(item, url_safe=True)

    def attachment_id(self, item: Item, attachment: Attachment) -> str:
        return attachment_id(item, attachment, url_safe=True)

    def folder_id(self, folder: Folder) -> str:
        return folder_id(folder, url_safe=True)

    def context(self, what: str) -> str:
        return f"{self.base}/$metadata#users('{self.mailbox.address}')/{what}"
