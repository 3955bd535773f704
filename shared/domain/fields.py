"""A model's complaints as fields in the caller's own spelling (``parameters.to[1]``), all of them at once.

A rule over several fields says which one it is about: ``raise bad_field("username", "is required")`` in a validator.
"""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from shared.errors import FieldError

_WORDS = {"missing": "is required", "extra_forbidden": "is not a known field"}
_NAMED = "field"


def bad_field(field: str, message: str) -> PydanticCustomError:
    """To raise in a model's validator; ``field`` as callers write it, from this model on."""
    return PydanticCustomError("bad_field", "{message}", {_NAMED: field, "message": message})


def field_errors(exc: ValidationError, document: Any, *, under: str = "") -> list[FieldError]:
    """``document`` is what was validated: it tells fields from the tags that unions put into locations."""
    found = (FieldError(_path(error, document, under), _message(error)) for error in exc.errors(include_url=False))
    return list(dict.fromkeys(found))


def _message(error: ErrorDetails) -> str:
    return _WORDS.get(error["type"]) or error["msg"].removeprefix("Value error, ")


def _path(error: ErrorDetails, document: Any, under: str) -> str:
    path = under
    for part in _parts(error, document):
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def _parts(error: ErrorDetails, document: Any) -> Iterator[int | str]:
    here = document
    for place, part in enumerate(error["loc"], start=1):
        if _holds(here, part):
            here = here[part]
            yield part
        elif error["type"] == "missing" and place == len(error["loc"]):
            yield part
    context = error.get("ctx", {})
    if named := context.get(_NAMED):
        yield str(named)
    elif discriminator := context.get("discriminator"):
        yield str(discriminator).strip("'")


def _holds(here: Any, part: int | str) -> bool:
    if isinstance(here, (list, tuple)):
        return isinstance(part, int) and part < len(here)
    return isinstance(here, dict) and part in here
