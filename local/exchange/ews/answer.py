"""Response messages: one for each thing that was asked for, in its order, refused ones among them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from local.exchange.ews.markup import Element, text
from local.exchange.store import Refused

_EMPTY = {
    "CreateItem": "<m:Items/>", "GetItem": "<m:Items/>", "UpdateItem": "<m:Items/>", "MoveItem": "<m:Items/>", "CopyItem": "<m:Items/>",
    "CreateFolder": "<m:Folders/>", "GetFolder": "<m:Folders/>", "UpdateFolder": "<m:Folders/>", "MoveFolder": "<m:Folders/>",
    "CreateAttachment": "<m:Attachments/>", "GetAttachment": "<m:Attachments/>",
    "GetServerTimeZones": "<m:TimeZoneDefinitions/>",
}  # fmt: skip
"""What Exchange leaves empty where an operation of this name is refused."""


def success(operation: str, inner: str = "") -> str:
    return (
        f'<m:{operation}ResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>'
        f"{inner}</m:{operation}ResponseMessage>"
    )


def failure(operation: str, refused: Refused) -> str:
    return (
        f'<m:{operation}ResponseMessage ResponseClass="Error"><m:MessageText>{text(refused.message)}</m:MessageText>'
        f"<m:ResponseCode>{refused.code}</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>"
        f"{_EMPTY.get(operation, '')}</m:{operation}ResponseMessage>"
    )


def each(operation: str, asked: Iterable[Element], do: Callable[[Element], str]) -> Iterator[str]:
    """`do` gives what stands in the message of one of the things asked for."""
    for element in asked:
        try:
            yield success(operation, do(element))
        except Refused as refused:
            yield failure(operation, refused)


def whole(operation: str, messages: Iterable[str]) -> str:
    return (
        f"<m:{operation}Response><m:ResponseMessages>{''.join(messages)}</m:ResponseMessages></m:{operation}Response>"
    )
