"""EWS's XML, written: elements, ids, folders and the shapes of what we ask for, with exchangelib's namespaces."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from exchangelib.util import create_element, safe_xml_value


def element(name: str, *children: Any, text: str | None = None, **attributes: str) -> Any:
    """``name`` with its prefix (``t:Subject``); characters that XML has no place for become question marks."""
    made = create_element(name, attrs=attributes)
    if text is not None:
        made.text = safe_xml_value(text)
    made.extend(child for child in children if child is not None)
    return made


def boolean(value: bool) -> str:
    return "true" if value else "false"


class FolderRef(NamedTuple):
    """A folder by its id or by a name that every mailbox has, then of the named mailbox (empty: of the account's own)."""

    id: str
    is_distinguished: bool = False
    mailbox: str = ""


def folder_element(folder: FolderRef) -> Any:
    if not folder.is_distinguished:
        return element("t:FolderId", Id=folder.id)
    owner = element("t:Mailbox", element("t:EmailAddress", text=folder.mailbox)) if folder.mailbox else None
    return element("t:DistinguishedFolderId", owner, Id=folder.id)


def item_ids(ids: Iterable[tuple[str, str | None]]) -> Any:
    """Pairs of id and change key."""
    return element("m:ItemIds", *(item_id(*one) for one in ids))


def item_id(identifier: str, change_key: str | None = None) -> Any:
    return element("t:ItemId", Id=identifier, **({"ChangeKey": change_key} if change_key else {}))


class Extended(NamedTuple):
    """An extended property's path, by the attributes that EWS gives it."""

    type: str
    attributes: tuple[tuple[str, str], ...]

    def path(self) -> Any:
        return element("t:ExtendedFieldURI", **dict(self.attributes), PropertyType=self.type)

    def value(self, text: str) -> Any:
        return element("t:ExtendedProperty", self.path(), element("t:Value", text=text))


def shape(
    fields: Iterable[str] = (),
    extended: Iterable[Extended] = (),
    *,
    base: str = "IdOnly",
    mime: bool = False,
    name: str = "m:ItemShape",
) -> Any:
    paths = [*(element("t:FieldURI", FieldURI=field) for field in fields), *(one.path() for one in extended)]
    return element(
        name,
        element("t:BaseShape", text=base),
        element("t:IncludeMimeContent", text="true") if mime else None,
        element("t:BodyType", text="Best") if "item:Body" in fields else None,
        element("t:AdditionalProperties", *paths) if paths else None,
    )


def equals(path: Any, value: str) -> Any:
    return element(
        "t:IsEqualTo", path, element("t:FieldURIOrConstant", element("t:Constant", Value=safe_xml_value(value)))
    )


def at_least(path: Any, value: str) -> Any:
    return element(
        "t:IsGreaterThanOrEqualTo", path, element("t:FieldURIOrConstant", element("t:Constant", Value=value))
    )


def field(uri: str) -> Any:
    return element("t:FieldURI", FieldURI=uri)
