"""What is asked of a table: method, address, headers and body. Several operations are one transaction, ``$batch``.

https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from shared.storage.rows import Operation

_METHODS = {"create": "POST", "put": "PUT", "delete": "DELETE"}
_FORMAT = {
    "Accept": "application/json;odata=minimalmetadata",
    "DataServiceVersion": "3.0",
    "MaxDataServiceVersion": "3.0;NetFx",
}
_NO_ECHO = {"Prefer": "return-no-content"}
_STATUS_LINE = re.compile(rb"HTTP/1\.1 (\d{3})")
_ETAG = re.compile(rb"^ETag: (.+?)\r?$", re.IGNORECASE | re.MULTILINE)


def read(table: str, partition: str, row_key: str) -> tuple[str, str, dict[str, str]]:
    """``table`` is the table's own address."""
    return "GET", _row_address(table, partition, row_key), _FORMAT


def write(table: str, operation: Operation) -> tuple[str, str, dict[str, str], bytes]:
    verb, row, etag = operation.verb, operation.row, operation.etag
    where = table if verb == "create" else _row_address(table, row["PartitionKey"], row["RowKey"])
    if verb == "delete":
        return _METHODS[verb], where, {**_FORMAT, "If-Match": etag or "*"}, b""
    body = json.dumps(row).encode()
    headers = {**_FORMAT, "Content-Type": "application/json", **_NO_ECHO}
    return _METHODS[verb], where, {**headers, "If-Match": etag} if etag else headers, body


def transaction(table: str, operations: Sequence[Operation]) -> tuple[dict[str, str], bytes]:
    """Headers and body of a POST to ``$batch``. All rows must lie in one partition."""
    name, changes = f"batch_{uuid4()}", f"changeset_{uuid4()}"
    parts = b"".join(_part(changes, *write(table, operation)) for operation in operations)
    head = f"--{name}\r\nContent-Type: multipart/mixed; boundary={changes}\r\n\r\n".encode()
    body = head + parts + f"--{changes}--\r\n--{name}--\r\n".encode()
    return {**_FORMAT, "Content-Type": f"multipart/mixed; boundary={name}"}, body


def outcomes(answer: bytes) -> list[tuple[int, str]]:
    """Status and ETag of each part; where a transaction was refused, of the part that was the reason."""
    _, *parts = _STATUS_LINE.split(answer)
    found = zip(parts[::2], map(_ETAG.search, parts[1::2]), strict=True)
    return [(int(status), etag[1].decode() if etag else "") for status, etag in found]


def _part(changes: str, method: str, where: str, headers: Mapping[str, str], body: bytes) -> bytes:
    told = "".join(f"{name}: {value}\r\n" for name, value in {**headers, "Content-Length": len(body)}.items())
    envelope = f"--{changes}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    return f"{envelope}{method} {where} HTTP/1.1\r\n{told}\r\n".encode() + body + b"\r\n"


def _row_address(table: str, partition: str, row_key: str) -> str:
    return f"{table}(PartitionKey='{_key(partition)}',RowKey='{_key(row_key)}')"


def _key(text: Any) -> str:
    return quote(str(text).replace("'", "''"), safe="")
