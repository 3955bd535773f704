"""One action in the hands of whoever does it: its parameters, its notes, its claim."""

import base64
import io
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, BinaryIO, Protocol, TypeVar

from shared.domain.action import Action, ActionName
from shared.domain.connection import Connection
from shared.domain.mail import OutgoingAttachment
from shared.domain.model import Model
from shared.domain.send_email import AttachmentParameters
from shared.errors import NotFound, NotNow, Rejected
from shared.ports.blobs import Blobs
from shared.ports.clock import Clock
from shared.ports.records import Records, Stored

M = TypeVar("M", bound=Model)


class LookAgain(NotNow):
    """An unanswered request has to be looked for later: no failure of the server, and no retry that could be one too many."""

    def __init__(self, message: str, wait: timedelta) -> None:
        super().__init__("server_busy", message, retry_after=wait)


class Behind(NotNow):
    """Something that was accepted earlier comes first: no failure of anybody, and no try that would count."""

    def __init__(self, message: str, wait: timedelta) -> None:
        super().__init__("server_busy", message, retry_after=wait)


class Job:
    """Holds the claim. ``note`` writes progress and renews the claim in one operation; losing the claim raises Stale."""

    def __init__(
        self,
        stored: Stored[Action],
        connection: Stored[Connection],
        *,
        actions: Records[Action],
        blobs: Blobs,
        clock: Clock,
        claim: timedelta,
        parameters: dict[str, Any] | None = None,
    ) -> None:
        self.stored = stored
        self.connection = connection
        self._actions = actions
        self._blobs = blobs
        self._clock = clock
        self._claim = claim
        self._parameters = parameters

    @property
    def action(self) -> Action:
        return self.stored.value

    def parameters(self, model: type[M]) -> M:
        if self._parameters is None:
            self._parameters = self._kept()
        return model.model_validate(self._parameters)

    def _kept(self) -> Any:
        if self.action.parameters_blob is None:
            raise LookupError("an accepted action has parameters")
        return json.loads(self._blobs.get(self.action.parameters_blob))

    def note(self, progress: dict[str, Any], *, unanswered: bool) -> None:
        """Before a request leaves that must not be repeated blindly: ``unanswered`` until its answer is recorded."""
        until = self._clock.now() + self._claim
        changes = {"progress": progress, "unanswered": unanswered, "claimed_until": until}
        self.stored = self._actions.replace(self.stored, self.action.model_copy(update=changes))

    def remember(self, progress: dict[str, Any], *, unanswered: bool) -> None:
        """For the record that is written next anyway: the outcome, or the row of an action that waits."""
        self._change({"progress": progress, "unanswered": unanswered})

    def interrupted(self) -> None:
        """Something may have been left behind of which there is no note."""
        self._change({"interrupted": True})

    def _change(self, changes: dict[str, Any]) -> None:
        changed = self.action.model_copy(update=changes)
        self.stored = Stored(self.stored.partition, self.stored.key, changed, self.stored.version)

    def attachments(self, attachments: tuple[AttachmentParameters, ...]) -> tuple[OutgoingAttachment, ...]:
        return tuple(self._attachment(attachment) for attachment in attachments)

    def _attachment(self, attachment: AttachmentParameters) -> OutgoingAttachment:
        opened = self._from_blob(attachment) if attachment.blob else _from_message(attachment)
        size, source = opened
        return OutgoingAttachment(attachment.name, attachment.content_type, size, source, attachment.content_id)

    def _from_blob(self, attachment: AttachmentParameters) -> tuple[int, "Source"]:
        path = attachment.blob or ""
        size = self._blobs.size(path)
        if size is None:
            raise Rejected("attachment_not_found", f"The blob of attachment {attachment.name} is gone.")
        return size, lambda: self._open(path, attachment.name)

    def _open(self, path: str, name: str) -> BinaryIO:
        try:
            return self._blobs.open(path)
        except NotFound:
            raise Rejected("attachment_not_found", f"The blob of attachment {name} is gone.") from None


class Source(Protocol):
    def __call__(self) -> BinaryIO: ...


def _from_message(attachment: AttachmentParameters) -> tuple[int, Source]:
    content = base64.b64decode(attachment.content_bytes or "")
    return len(content), lambda: io.BytesIO(content)


class Performer(Protocol):
    """Does one kind of action; the answer is its result. Raises the verdicts of ``shared.errors``."""

    def __call__(self, job: Job) -> dict[str, Any]: ...


Performers = Mapping[ActionName, Callable[[], Performer]]
"""Who does which action; made when the first of its kind comes."""
