"""The manner of every model: camelCase outside, snake_case inside, frozen, unknown fields refused.

Nothing here knows a subject; the words of the business are in the modules beside it.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
)
from pydantic.alias_generators import to_camel

from shared.domain.instants import instant_text


class Model(BaseModel):
    """A record or message. ``model_dump(by_alias=True, mode="json", exclude_none=True)`` is its form outside."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        extra="forbid",
        frozen=True,
        defer_build=True,
        hide_input_in_errors=True,
    )


class Record(Model):
    """A stored model. It forgets fields that a newer version wrote, so that two versions can run side by side."""

    model_config = ConfigDict(extra="ignore")


def _in_utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc), PlainSerializer(instant_text, return_type=str)]
"""RFC 3339 with offset on the way in, UTC with ``Z`` on the way out."""


def _text_only(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        msg = "must be an ISO 8601 duration such as PT24H"
        raise ValueError(msg)  # noqa: TRY004  (pydantic turns only ValueError into a field's error)
    return value


Duration = Annotated[timedelta, BeforeValidator(_text_only)]
"""ISO 8601 (``PT24H``, ``P7D``)."""

OrganizationId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
ActionId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
RecordId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
"""The UUID that the server gives to connections and watches."""
PersonName = Annotated[str, StringConstraints(min_length=1, max_length=256, strip_whitespace=True)]
"""A user principal name or an Entra object id, as it was written; compare with ``domain.person``."""
DisplayName = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
Count = Annotated[int, Field(ge=0)]
