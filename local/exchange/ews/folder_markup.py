"""Folders as EWS shows them."""

from __future__ import annotations

from local.exchange.ews.markup import boolean, tag, wrap
from local.exchange.ews.references import folder_id_markup
from local.exchange.ews.shapes import Shape
from local.exchange.store import Folder

_ELEMENTS = {"IPF.Appointment": "CalendarFolder", "IPF.Contact": "ContactsFolder", "IPF.Task": "TasksFolder"}
_EXTENDED_CLASS, _EXTENDED_NAME = 0x3613, 0x3001


def folder_element(folder: Folder) -> str:
    return _ELEMENTS.get(folder.folder_class, "Folder")


def folder_markup(folder: Folder, shape: Shape) -> str:
    everything, default = shape.base == "AllProperties", shape.base in {"Default", "AllProperties"}
    has_unread = folder.folder_class not in {"IPF.Appointment", "IPF.Contact"}
    parts = (
        ("FolderId", True, folder_id_markup(folder)),
        ("ParentFolderId", everything, _parent(folder)),
        ("FolderClass", everything, tag("FolderClass", folder.folder_class)),
        ("DisplayName", default, tag("DisplayName", folder.name)),
        ("TotalCount", default, tag("TotalCount", str(len(folder.items)))),
        ("ChildFolderCount", default, tag("ChildFolderCount", str(len(folder.children)))),
        ("ExtendedProperty", True, _extended(folder, shape)),
        ("EffectiveRights", everything, _rights()),
        ("DistinguishedFolderId", False, _distinguished(folder)),
        ("UnreadCount", default and has_unread, tag("UnreadCount", str(folder.unread)) if has_unread else ""),
    )
    return wrap(
        folder_element(folder),
        "".join(written for name, by_shape, written in parts if by_shape or name in shape.fields),
    )


def _parent(folder: Folder) -> str:
    return folder_id_markup(folder.parent, "ParentFolderId") if folder.parent is not None else ""


def _distinguished(folder: Folder) -> str:
    return tag("DistinguishedFolderId", folder.distinguished) if folder.distinguished else ""


def _extended(folder: Folder, shape: Shape) -> str:
    known = {_EXTENDED_CLASS: folder.folder_class, _EXTENDED_NAME: folder.name}
    found = ((field, known.get(field.key.tag or 0)) for field in shape.extended)
    return "".join(
        f"<t:ExtendedProperty>{field.markup}{tag('Value', value)}</t:ExtendedProperty>"
        for field, value in found
        if value is not None
    )


def _rights() -> str:
    names = ("CreateAssociated", "CreateContents", "CreateHierarchy", "Delete", "Modify", "Read", "ViewPrivateItems")
    return wrap("EffectiveRights", "".join(f"<t:{name}>{boolean(value=True)}</t:{name}>" for name in names))
