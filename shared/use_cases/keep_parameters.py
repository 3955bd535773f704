"""Copies everything that an action needs at its acceptance, so that its sender may clean up, and removes it again."""

import base64
import json
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import uuid4

from shared.domain.action_parameters import ActionParameters
from shared.domain.parameters import attachments_of
from shared.errors import ConnectorError, NotFound, NotNow, Rejected
from shared.ports.blobs import Blobs

# Of base64 in the message itself: what is larger gets a blob of its own, to be read in pieces when it goes out.
_LARGEST_INLINE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Kept:
    path: str
    document: dict[str, Any]


def keep_parameters(blobs: Blobs, organization: str, action_id: str, parameters: ActionParameters) -> Kept:
    """Into a folder of their own: a message that loses the race for an id must not write over the winner's things.

    Raises Rejected ``attachment_not_found``, NotNow.
    """
    folder = f"{folder_of(organization, action_id)}{uuid4().hex}"
    path = f"{folder}/parameters.json"
    try:
        document = _copied(blobs, parameters, folder)
        blobs.put(path, json.dumps(document).encode(), content_type="application/json")
    except ConnectorError:
        clear_parameters(blobs, path)
        raise
    return Kept(path, document)


def clear_parameters(blobs: Blobs, path: str | None) -> None:
    """What cannot be removed now goes with the action."""
    if path is None:
        return
    with suppress(NotNow):
        clear_folder(blobs, path.rpartition("/")[0] + "/")


def clear_folder(blobs: Blobs, folder: str) -> None:
    for path, _ in list(blobs.under(folder)):
        blobs.delete(path)


def folder_of(organization: str, action_id: str) -> str:
    """Where the blobs of an action lie. An id may be ``..``, which is no name for a folder."""
    return f"state/{organization}/actions/{sha256(action_id.encode()).hexdigest()}/"


def _copied(blobs: Blobs, parameters: ActionParameters, folder: str) -> dict[str, Any]:
    document = parameters.model_dump(mode="json", exclude_defaults=True)
    for number, attachment in enumerate(attachments_of(parameters)):
        kept, inline = f"{folder}/{number}", attachment.content_bytes
        if inline is not None and len(inline) > _LARGEST_INLINE:
            blobs.put(kept, base64.b64decode(inline), content_type=attachment.content_type)
            del document["attachments"][number]["contentBytes"]
        elif attachment.blob is not None:
            _copy(blobs, attachment.blob, kept, number)
        else:
            continue
        document["attachments"][number]["blob"] = kept
    return document


def _copy(blobs: Blobs, source: str, target: str, number: int) -> None:
    try:
        blobs.copy(source, target)
    except NotFound:
        field = f"parameters.attachments[{number}].blob"
        raise Rejected("attachment_not_found", "There is no such blob.", field=field) from None
