"""The parameters of ``sendSurvey``: a question with options, to each recipient in a mail of its own."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, StringConstraints, model_validator

from shared.domain.address import MailAddress, distinct
from shared.domain.fields import bad_field
from shared.domain.instants import duration_text, instant_text, parse_duration, parse_instant
from shared.domain.mail import Address
from shared.domain.model import Duration, Instant, Model
from shared.domain.send_email import MOST_RECIPIENTS, MailFields, fits_into_xml
from shared.errors import FieldError

MOST_OPTIONS = 31
LONGEST_SURVEY = timedelta(days=365)
_LINE_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


def _label(text: str) -> str:
    """``;`` separates the options in Outlook's own files; a line break would end the words of a reply."""
    if ";" in text or _LINE_BREAKS.search(text) or not fits_into_xml(text):
        raise ValueError("must not contain ; or control characters")
    return text


def _moment(value: Any) -> datetime | timedelta:
    if isinstance(value, (datetime, timedelta)):
        return value
    try:
        return parse_duration(value) if isinstance(value, str) and value[:1] == "P" else parse_instant(value)
    except (TypeError, ValueError):
        raise ValueError("must be an instant with offset or an ISO 8601 duration such as P7D") from None


def _text(value: datetime | timedelta) -> str:
    return duration_text(value) if isinstance(value, timedelta) else instant_text(value)


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta():
        raise ValueError("must be longer than nothing")
    return value


Label = Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True), AfterValidator(_label)]
Moment = Annotated[
    datetime | timedelta,
    PlainValidator(_moment, json_schema_input_type=str),
    PlainSerializer(_text, return_type=str),
]
"""An instant, or a duration from now."""


class CloseAtCount(Model):
    count: Annotated[int, Field(ge=1, le=MOST_RECIPIENTS, strict=True)]


CloseWhen = Literal["all", "first", "majority"] | CloseAtCount


class SendSurveyParameters(MailFields):
    to: Annotated[tuple[MailAddress, ...], Field(min_length=1, max_length=MOST_RECIPIENTS)]
    options: Annotated[tuple[Label, ...], Field(min_length=2, max_length=MOST_OPTIONS)]
    deadline: Moment = timedelta(days=28)
    close_when: CloseWhen = "all"
    allow_change: bool = False
    comment: bool = False
    remind_after: Annotated[Duration, AfterValidator(_positive)] | None = None
    links: bool = True
    send_at: Instant | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len({label.casefold() for label in self.options}) != len(self.options):
            raise bad_field("options", "must differ, also without regard to case")
        if isinstance(self.close_when, CloseAtCount) and self.close_when.count > len(self.recipients):
            raise bad_field("closeWhen.count", "is more than there are recipients")
        return self

    @property
    def recipients(self) -> tuple[Address, ...]:
        """Each address once: a group is one voter."""
        return distinct(self.to)

    def ends(self, start: datetime) -> datetime:
        """The deadline of a survey that goes out at that instant."""
        return start + self.deadline if isinstance(self.deadline, timedelta) else self.deadline

    def errors_at(self, now: datetime) -> Iterator[FieldError]:
        """What only the clock can tell."""
        start = max(now, self.send_at or now)
        length = self.ends(start) - start
        if length <= timedelta():
            yield FieldError("parameters.deadline", "must lie in the future")
        elif length > LONGEST_SURVEY:
            yield FieldError("parameters.deadline", "must be at most P365D ahead")
        elif self.remind_after and self.remind_after >= length:
            yield FieldError("parameters.remindAfter", "must end before the deadline")
