"""Mail folders: listed, found by id or well-known name, made, renamed, deleted."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from local.exchange.graph.ask import Answer, Ask, Json
from local.exchange.graph.refusal import bad_request
from local.exchange.store import Folder

_BY_NAME = re.compile(r"displayName\s+eq\s+'((?:[^']|'')*)'", re.IGNORECASE)


def folder_json(folder: Folder, ask: Ask) -> Json:
    return {
        "id": ask.folder_id(folder),
        "displayName": folder.name,
        "parentFolderId": ask.folder_id(folder.parent) if folder.parent is not None else None,
        "childFolderCount": len(_children(folder)),
        "unreadItemCount": folder.unread,
        "totalItemCount": len(folder.items),
        "sizeInBytes": sum(item.size for item in folder.items.values()),
        "isHidden": False,
    }


def list_folders(ask: Ask) -> Answer:
    found = _children(_parent(ask))
    if "$filter" in ask.query:
        wanted = _BY_NAME.fullmatch(ask.query["$filter"].strip())
        if wanted is None:
            raise bad_request("Invalid filter clause.", "ErrorInvalidUrlQueryFilter")
        found = [folder for folder in found if folder.name.casefold() == wanted[1].replace("''", "'").casefold()]
    first, size = int(ask.query.get("$skip") or 0), ask.page_size
    body: Json = {
        "@odata.context": ask.context("mailFolders"),
        "value": [folder_json(folder, ask) for folder in found[first : first + size]],
    }
    if first + size < len(found):
        body["@odata.nextLink"] = f"{ask.base}{ask.path}?{urlencode({**ask.query, '$skip': first + size}, safe='$')}"
    return Answer(200, body)


def create_folder(ask: Ask) -> Answer:
    name = str(ask.json.get("displayName") or "")
    if not name.strip():
        raise bad_request("The folder needs a displayName.", "ErrorInvalidRequest")
    return Answer(201, folder_json(ask.mailbox.create_folder(_parent(ask), name), ask))


def get_folder(ask: Ask) -> Answer:
    return Answer(200, {"@odata.context": ask.context("mailFolders/$entity"), **folder_json(ask.folder(), ask)})


def rename_folder(ask: Ask) -> Answer:
    ask.mailbox.rename_folder(ask.folder(), str(ask.json.get("displayName") or ""))
    return get_folder(ask)


def delete_folder(ask: Ask) -> Answer:
    """To Deleted Items, as a person's delete key does it."""
    folder = ask.folder()
    ask.mailbox.move_folder(folder, ask.mailbox.named["deleteditems"])
    return Answer(204)


def _parent(ask: Ask) -> Folder:
    return ask.folder() if "id" in ask.at else ask.mailbox.top


def _children(folder: Folder) -> list[Folder]:
    """Calendars, contacts and tasks are no mail folders."""
    return [child for child in folder.children.values() if child.folder_class.startswith("IPF.Note")]
