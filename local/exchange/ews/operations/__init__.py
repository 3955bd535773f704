"""The operations that this server knows, each in the file of its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from local.exchange.ews.markup import Element
from local.exchange.ews.operations.convert_id import convert_id
from local.exchange.ews.operations.copy_item import copy_item
from local.exchange.ews.operations.create_attachment import create_attachment
from local.exchange.ews.operations.create_folder import create_folder
from local.exchange.ews.operations.create_item import create_item
from local.exchange.ews.operations.delete_attachment import delete_attachment
from local.exchange.ews.operations.delete_folder import delete_folder
from local.exchange.ews.operations.delete_item import delete_item
from local.exchange.ews.operations.empty_folder import empty_folder
from local.exchange.ews.operations.find_folder import find_folder
from local.exchange.ews.operations.find_item import find_item
from local.exchange.ews.operations.get_attachment import get_attachment
from local.exchange.ews.operations.get_folder import get_folder
from local.exchange.ews.operations.get_item import get_item
from local.exchange.ews.operations.get_server_time_zones import get_server_time_zones
from local.exchange.ews.operations.mark_all_items_as_read import mark_all_items_as_read
from local.exchange.ews.operations.move_folder import move_folder
from local.exchange.ews.operations.move_item import move_item
from local.exchange.ews.operations.resolve_names import resolve_names
from local.exchange.ews.operations.send_item import send_item
from local.exchange.ews.operations.sync_folder_hierarchy import sync_folder_hierarchy
from local.exchange.ews.operations.sync_folder_items import sync_folder_items
from local.exchange.ews.operations.update_folder import update_folder
from local.exchange.ews.operations.update_item import update_item
from local.exchange.ews.session import Session

Operation = Callable[[Element, Session], Iterable[str]]

OPERATIONS: dict[str, Operation] = {
    "ConvertId": convert_id,
    "CopyItem": copy_item,
    "CreateAttachment": create_attachment,
    "CreateFolder": create_folder,
    "CreateItem": create_item,
    "DeleteAttachment": delete_attachment,
    "DeleteFolder": delete_folder,
    "DeleteItem": delete_item,
    "EmptyFolder": empty_folder,
    "FindFolder": find_folder,
    "FindItem": find_item,
    "GetAttachment": get_attachment,
    "GetFolder": get_folder,
    "GetItem": get_item,
    "GetServerTimeZones": get_server_time_zones,
    "MarkAllItemsAsRead": mark_all_items_as_read,
    "MoveFolder": move_folder,
    "MoveItem": move_item,
    "ResolveNames": resolve_names,
    "SendItem": send_item,
    "SyncFolderHierarchy": sync_folder_hierarchy,
    "SyncFolderItems": sync_folder_items,
    "UpdateFolder": update_folder,
    "UpdateItem": update_item,
}
