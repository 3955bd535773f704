"""What a handler may know of an HTTP request. Whatever is wrong with it is raised in the caller's own words."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func

from shared.errors import FieldError, InvalidRequest, Rejected

if TYPE_CHECKING:
    from pydantic import BaseModel

    from shared.domain.caller import Caller
    from shared.domain.etag import IfMatch

M = TypeVar("M", bound="BaseModel")
MEBIBYTE = 1024 * 1024
MOST_ITEMS = 200
USUAL_ITEMS = 50
MOST_FIELDS = 100


class Request:
    def __init__(self, req: func.HttpRequest, *, max_body: int, body_types: Sequence[str]) -> None:
        self._req = req
        self._max_body = max_body
        self._body_types = body_types
        self._caller: Caller | None = None
        # The host joins values of one name by commas; only the URL tells them apart.
        query = urlsplit(req.url).query
        self.query_pairs = parse_qsl(query, keep_blank_values=True) if query else list(req.params.items())

    @property
    def address(self) -> str:
        """Path and query, as the caller asked for them."""
        return address(str(self._req.url))

    @property
    def path(self) -> Mapping[str, str]:
        """The values of the route template, decoded."""
        values: Mapping[str, str] = self._req.route_params
        return values

    @property
    def headers(self) -> Mapping[str, str]:
        """By name without regard to case."""
        headers: Mapping[str, str] = self._req.headers
        return headers

    @property
    def query(self) -> dict[str, str]:
        return dict(self.query_pairs)

    def flag(self, name: str) -> bool:
        """A query parameter that is ``true``, ``false`` or absent. Raises InvalidRequest."""
        text = self.query.get(name, "false")
        if text not in {"true", "false"}:
            raise InvalidRequest([FieldError(name, "must be true or false")])
        return text == "true"

    @property
    def limit(self) -> int:
        """Raises InvalidRequest."""
        text = self.query.get("limit", str(USUAL_ITEMS))
        if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= MOST_ITEMS:
            raise InvalidRequest([FieldError("limit", f"must be a number from 1 to {MOST_ITEMS}")])
        return int(text)

    @property
    def continuation(self) -> str | None:
        return self.query.get("continuationToken")

    @property
    def if_match(self) -> "IfMatch":
        from shared.domain.etag import IfMatch

        return IfMatch.parse(self.headers.get("If-Match"))

    @property
    def caller(self) -> "Caller":
        if self._caller is None:
            raise LookupError("an anonymous route has no caller")
        return self._caller

    def authenticate(self) -> None:
        """Raises Rejected ``unauthenticated``."""
        from shared.bootstrap import connector
        from shared.triggers.http.principal import caller_of

        self._caller = caller_of(self.headers, connector().settings)

    @property
    def raw(self) -> bytes:
        """Raises Rejected ``payload_too_large``."""
        body: bytes = self._req.get_body()
        if len(body) > self._max_body:
            raise Rejected("payload_too_large", f"The body may have at most {self._max_body // MEBIBYTE} MiB.")
        return body

    def document(self) -> dict[str, Any]:
        """The JSON object in the body. Raises InvalidRequest, Rejected ``unsupported_media_type``."""
        self._check_media_type()
        text = self._text()
        try:
            value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
        except RecursionError:
            raise InvalidRequest([], "The body is nested too deeply.") from None
        except ValueError as exc:
            where = f" (line {exc.lineno}, column {exc.colno})" if isinstance(exc, json.JSONDecodeError) else ""
            raise InvalidRequest([], f"The body is not valid JSON{where}.") from None
        if not isinstance(value, dict):
            raise InvalidRequest([], "The body must be a JSON object.")
        return value

    def form(self) -> dict[str, str]:
        """The fields of an HTML form; the last of a name counts. Raises InvalidRequest, Rejected ``unsupported_media_type``."""
        return dict(self.form_pairs())

    def form_pairs(self, most: int = MOST_FIELDS) -> list[tuple[str, str]]:
        """The same with every value of a name; of more than ``most`` fields it is no form of ours."""
        self._check_media_type()
        try:
            return parse_qsl(self._plain_text(), keep_blank_values=True, errors="strict", max_num_fields=most)
        except ValueError:
            raise InvalidRequest([], "The form cannot be read.") from None

    @property
    def visitor(self) -> str:
        """Who is asking without a sign-in: the address that App Service saw last; what callers write stands before it."""
        forwarded = self.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        with_port = re.fullmatch(r"([\d.]+):\d+|\[([0-9a-fA-F:.]+)\](?::\d+)?", forwarded)
        return (with_port[1] or with_port[2]) if with_port else forwarded[:100]

    def _plain_text(self) -> str:
        try:
            return self.raw.decode("utf-8")
        except UnicodeError:
            raise InvalidRequest([], "The body is not valid UTF-8 text.") from None

    def model(self, model: type[M]) -> M:
        """The body as a model. Raises InvalidRequest with every bad field."""
        return parse(model, self.document())

    def _check_media_type(self) -> None:
        name, _, parameters = self.headers.get("Content-Type", "").partition(";")
        charset = re.search(r"charset\s*=\s*\"?([^\s;\"]+)", parameters, re.IGNORECASE)
        if name.strip().lower() not in self._body_types or (
            charset and charset[1].lower() not in {"utf-8", "us-ascii"}
        ):
            raise Rejected("unsupported_media_type", f"The body must be {' or '.join(self._body_types)} in UTF-8.")

    def _text(self) -> str:
        try:
            text = self.raw.decode("utf-8-sig")
            # JSON may spell half of a surrogate pair, which no later step could write anywhere.
            if "\\ud" in text.lower():
                json.dumps(json.loads(text), ensure_ascii=False).encode()
        except UnicodeError:
            raise InvalidRequest([], "The body is not valid UTF-8 text.") from None
        except (ValueError, RecursionError):
            return text
        return text


def address(url: str) -> str:
    """Path and query."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def parse(model: type[M], document: Mapping[str, Any]) -> M:
    """Raises InvalidRequest with every bad field."""
    from pydantic import ValidationError

    from shared.domain.fields import field_errors

    try:
        return model.model_validate(document)
    except ValidationError as exc:
        raise InvalidRequest(field_errors(exc, document)) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidRequest([], "A name stands twice in one object of the body.")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)
