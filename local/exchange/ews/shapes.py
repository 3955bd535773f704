"""What of an item or folder the client wants to see: a base shape, further fields, extended properties, the form of the body."""

from __future__ import annotations

from dataclasses import dataclass

from local.exchange.ews import grammar
from local.exchange.ews.extended import ExtendedField, field_of
from local.exchange.ews.markup import Element, children, find, is_true, name_of, text_of
from local.exchange.ews.soap import violation, whole_number
from local.exchange.store import Item

_ITEM_FIELDS = {f"item:{name}" for name in grammar.ITEM.replace("*", "").split()} | {
    f"message:{name}" for name in grammar.MESSAGE.split()
}
_FOLDER_FIELDS = {
    f"folder:{name}"
    for name in [
        "FolderId",
        "ParentFolderId",
        "DisplayName",
        "UnreadCount",
        "TotalCount",
        "ChildFolderCount",
        "FolderClass",
        "SearchParameters",
        "ManagedFolderInformation",
        "PermissionSet",
        "EffectiveRights",
        "SharingEffectiveRights",
        "DistinguishedFolderId",
        "PolicyTag",
        "ArchiveTag",
        "ReplicaList",
    ]
}
_OTHERS = tuple(
    f"{family}:"
    for family in [
        "calendar",
        "contacts",
        "task",
        "postitem",
        "meeting",
        "meetingRequest",
        "conversation",
        "distributionlist",
        "persona",
        "sharingMessage",
        "person",
        "network",
        "rolemember",
        "booking",
        "abchperson",
        "insight",
    ]
)


@dataclass(frozen=True)
class Shape:
    """`fields` are names of elements; those of other kinds of items than the one shown are ignored, as Exchange ignores them."""

    base: str = "Default"
    mime: bool = False
    body_type: str = "Best"
    maximum_body: int | None = None
    fields: frozenset[str] = frozenset()
    extended: tuple[ExtendedField, ...] = ()
    headers: tuple[str, ...] = ()
    root: Item | None = None
    """The item in a folder, where the one shown is attached to it."""


def shape_of(element: Element | None) -> Shape:
    """Raises SoapFault for a field that does not exist, Refused for an impossible extended property."""
    if element is None:
        return Shape()
    base = text_of(find(element, "BaseShape")).strip()
    if base not in {"IdOnly", "Default", "AllProperties", "PcxPeopleSearch", ""}:
        raise violation(f"The 'BaseShape' element is invalid - The value '{base}' is invalid.", element)
    wanted = tuple(children(find(element, "AdditionalProperties")))
    maximum = find(element, "MaximumBodySize")
    return Shape(
        base=base or "Default",
        mime=is_true(text_of(find(element, "IncludeMimeContent"))),
        body_type=text_of(find(element, "BodyType")).strip() or "Best",
        maximum_body=whole_number(text_of(maximum), maximum) if maximum is not None else None,
        fields=frozenset(field_name(path) for path in wanted if name_of(path) == "FieldURI"),
        extended=tuple(field_of(path) for path in wanted if name_of(path) == "ExtendedFieldURI"),
        headers=tuple(path.get("FieldIndex", "") for path in wanted if name_of(path) == "IndexedFieldURI"),
    )


def field_name(path: Element) -> str:
    """`item:Subject` -> `Subject`; fields of calendars, contacts and so on keep their family."""
    uri = path.get("FieldURI", "")
    if uri in _ITEM_FIELDS or uri in _FOLDER_FIELDS:
        return uri.partition(":")[2]
    if uri.startswith(_OTHERS):
        return uri
    raise violation(f"The 'FieldURI' attribute is invalid - The value '{uri}' is invalid.", path)
