"""Several rows of one partition written together: the service's own $batch, put together here.

The SDK's ``submit_transaction`` sends and reads every part through a pipeline of its own, which costs more processor time
than the rest of an action; the request itself still goes through the client, its credential and its connections.
Format: https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

from shared.storage.rows import Operation

if TYPE_CHECKING:
    from azure.data.tables import TableClient

_METHODS = {"create": "POST", "update": "PUT", "upsert": "PUT", "delete": "DELETE"}
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")
_STATUS_LINE = re.compile(rb"HTTP/1\.1 \d{3}")
_ETAG = re.compile(rb"^ETag: (.+?)\r?$", re.IGNORECASE | re.MULTILINE)
_CODE = re.compile(rb'"code"\s*:\s*"(\w+)"')
_ACCEPTED = 202
_FIRST_ERROR = 400


def submit(table: "TableClient", operations: Sequence[Operation]) -> list[str]:
    """The ETag of each row, empty for a deleted one. Raises HttpResponseError with the first refusal."""
    from azure.core.rest import HttpRequest

    batch, changes = f"batch_{uuid4()}", f"changeset_{uuid4()}"
    parts = "".join(f"--{changes}\r\n{_part(table, operation)}" for operation in operations)
    content = (
        f"--{batch}\r\nContent-Type: multipart/mixed; boundary={changes}\r\n\r\n{parts}--{changes}--\r\n--{batch}--\r\n"
    )
    headers = {
        "Content-Type": f"multipart/mixed; boundary={batch}",
        "x-ms-version": "2019-02-02",
        "DataServiceVersion": "3.0",
        "MaxDataServiceVersion": "3.0;NetFx",
        "Accept": "application/json",
    }
    request = HttpRequest("POST", f"{_base(table)}/$batch", headers=headers, content=content.encode())
    # Streamed, because the client knows no multipart. There is no public way to its pipeline.
    response = table._client.send_request(request, stream=True)  # noqa: SLF001
    answer: bytes = response.read()
    if response.status_code != _ACCEPTED:
        raise _refusal(answer, response.status_code, response)
    for status in map(int, _STATUS.findall(answer)):
        if status >= _FIRST_ERROR:
            raise _refusal(answer, status, None)
    _, *parts_of_answer = _STATUS_LINE.split(answer)
    etags = map(_ETAG.search, parts_of_answer)
    return [found[1].decode() if found else "" for found in etags]


def _base(table: "TableClient") -> str:
    return table.url.rstrip("/")


def _part(table: "TableClient", operation: Operation) -> str:
    verb, row, conditions = operation
    name = table.table_name
    where = name if verb == "create" else f"{name}(PartitionKey='{_key(row, 0)}',RowKey='{_key(row, 1)}')"
    headers = {"Accept": "application/json;odata=minimalmetadata", "DataServiceVersion": "3.0", **_guard(conditions)}
    if verb == "delete":
        headers.setdefault("If-Match", "*")
        body = ""
    else:
        body = json.dumps(row)
        headers |= {"Content-Type": "application/json", "Content-Length": str(len(body)), "Prefer": "return-no-content"}
    lines = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
    return (
        "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        f"{_METHODS[verb]} {_base(table)}/{where} HTTP/1.1\r\n{lines}\r\n{body}\r\n"
    )


def _key(row: Mapping[str, Any], which: int) -> str:
    return quote(str(row[("PartitionKey", "RowKey")[which]]).replace("'", "''"), safe="")


def _guard(conditions: Mapping[str, Any]) -> dict[str, str]:
    return {"If-Match": conditions["etag"]} if "etag" in conditions else {}


def _refusal(answer: bytes, status: int, response: Any) -> Exception:
    """As the SDK raises it: with the status and the service's own word for it."""
    from azure.core.exceptions import HttpResponseError

    code = _CODE.search(answer)
    error = HttpResponseError(f"the transaction was refused: {status}", response=response)
    error.status_code = status
    error.error_code = code[1].decode() if code else ""  # type: ignore[attr-defined]
    return error
