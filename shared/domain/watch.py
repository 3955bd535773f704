"""When a mail like this arrives in this folder, start that process: what a caller writes, what is kept, what is shown."""

import binascii
from base64 import b64decode
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, field_validator, model_validator

from shared.domain.filter import Filter
from shared.domain.instants import instant_text
from shared.domain.ledger import Totals
from shared.domain.model import (
    Count,
    DisplayName,
    Duration,
    Instant,
    Model,
    OrganizationId,
    PersonName,
    Record,
    RecordId,
)
from shared.domain.watched_folder import folder_key

SECRET_PREFIX = "whsec_"  # noqa: S105  (how Standard Webhooks marks a secret, not one)
_SECRET_BYTES = range(24, 65)
_DAY = 24 * 3600


def _folder_path(path: str) -> str:
    segments = path.split("/")
    if any(not segment.strip() or segment != segment.strip() or not segment.isprintable() for segment in segments):
        raise ValueError("must be folder names with / between them, such as Inbox/Invoices")
    return path


FolderPath = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_folder_path)]
Category = Annotated[str, StringConstraints(pattern=r"^[^,;\x00-\x1f]{1,255}$", strip_whitespace=True)]
ProcessId = Annotated[str, StringConstraints(min_length=1, max_length=256, strip_whitespace=True)]


class Attachments(StrEnum):
    NONE = "none"
    FILES = "files"
    ALL = "all"


class Afterwards(Model):
    mark_as_read: bool = False
    add_category: Category | None = None
    move_to: FolderPath | None = None
    delete: bool = False

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if self.move_to and self.delete:
            raise ValueError("a mail is moved or deleted, not both")
        return self


class OnFailure(Model):
    move_to: FolderPath | None = None


class ToQueue(Model):
    type: Literal["queue"] = "queue"


class ToWebhook(Model):
    """``secret`` is write-only: it goes to Key Vault and is in no record."""

    type: Literal["webhook"]
    url: Annotated[str, StringConstraints(max_length=2000)]
    secret: SecretStr | None = Field(None, exclude=True)

    @field_validator("secret")
    @classmethod
    def _is_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _is_webhook_secret(value.get_secret_value()):
            raise ValueError("must be whsec_ and the base64 of 24 to 64 bytes")
        return value


Deliver = Annotated[ToQueue | ToWebhook, Field(discriminator="type")]


def _is_webhook_secret(text: str) -> bool:
    try:
        return (
            text.startswith(SECRET_PREFIX)
            and len(b64decode(text[len(SECRET_PREFIX) :], validate=True)) in _SECRET_BYTES
        )
    except (binascii.Error, ValueError):
        return False


class WatchSettings(Model):
    """What callers write. ``startFrom`` without a value is the moment of creation, ``every`` without one each tick."""

    connection_id: RecordId
    requested_by: PersonName | None = None
    display_name: DisplayName
    enabled: bool = True
    process_id: ProcessId
    folder: FolderPath = "Inbox"
    filter: Filter = Filter()
    attachments: Attachments = Attachments.FILES
    per_attachment: bool = False
    original: bool = False
    afterwards: Afterwards = Afterwards()
    on_failure: OnFailure = OnFailure()
    ignore_automatic: bool = True
    start_from: Instant | None = None
    every: Duration | None = None
    deliver: Deliver = ToQueue()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.per_attachment and self.attachments is Attachments.NONE:
            raise ValueError("perAttachment starts one process for each attachment: attachments must be files or all")
        return self

    @field_validator("every")
    @classmethod
    def _at_most_a_day(cls, value: Duration | None) -> Duration | None:
        if value is not None and not 0 < value.total_seconds() <= _DAY:
            raise ValueError("must be a positive duration of at most P1D")
        return value


class Suspension(Record):
    code: str
    message: str
    since: Instant


class Watch(Record):
    """``joined`` turns true when the watch has taken the cursor of its folder: until then only ``startFrom`` decides.

    ``begun_at`` is when it was created, enabled or got its folder; ``turns`` counts suspensions and restorations.
    ``receiver_rests_until``: its webhook asked for this much time, of every process.
    """

    id: RecordId
    organization: OrganizationId
    settings: WatchSettings
    secret_name: str | None = None
    old_secret_name: str | None = None
    old_secret_until: Instant | None = None
    start_from: Instant
    begun_at: Instant
    joined: bool = False
    suspension: Suspension | None = None
    turns: Count = 0
    receiver_rests_until: Instant | None = None
    created_by: PersonName
    created_by_object_id: str | None = None
    created_at: Instant
    updated_at: Instant

    @property
    def needs_scan(self) -> bool:
        """Whether older mails are wanted than a cursor would tell of."""
        return not self.joined and self.start_from < self.begun_at


class WatchState(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"


class WatchReason(Model):
    code: str
    message: str


class WatchStatus(Model):
    state: WatchState
    reason: WatchReason | None = None
    last_checked_at: Instant | None = None
    cursor_at: Instant | None = None
    lag_seconds: int | None = None
    totals: Totals


class WatchView(WatchSettings):
    """A watch as it is read over HTTP."""

    id: RecordId
    start_from: Instant
    has_secret: bool = False
    status: WatchStatus
    created_by: PersonName
    created_at: Instant
    updated_at: Instant


def watch_indexes(watch: Watch) -> list[tuple[str, str]]:
    """By folder and by connection, in order of creation."""
    order = instant_text(watch.created_at)
    key = folder_key(watch.settings.connection_id, watch.settings.folder)
    return [(f"folder:{key}", order), (f"connection:{watch.settings.connection_id}", order)]


def written(watch: Watch) -> dict[str, Any]:
    """What callers write, as a document: secrets are not in it."""
    return watch.settings.model_dump(mode="json", exclude_none=True)
