"""Requests to Graph in a connection's name. The token goes to Graph's host alone, whatever link an answer contains."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import requests

from shared.errors import ConnectorError, NotNow, Rejected, Unanswered
from shared.exchange.graph.template import template
from shared.exchange.graph.verdicts import Standing, verdict
from shared.exchange.portions import in_portions, portions
from shared.network.session import VettedSession
from shared.telemetry import step

PREFER = 'IdType="ImmutableId"'
_UNAUTHORIZED = 401
_FAILED = 400
_FAILED_DEPENDENCY = 424
_PIECE = 256 * 1024
MOST_IN_BATCH = 20
_log = logging.getLogger(__name__)
Json = dict[str, Any]
Token = Callable[[str | None], str]
"""Gives an access token; called with the one that Graph refused, another one."""


@dataclass(frozen=True, slots=True)
class Step:
    """One request, to be made alone or with others; ``need`` is the permission without which it is forbidden."""

    method: str
    path: str
    body: Json | None = None
    need: str = "Mail.ReadWrite"


class Wire:
    """``user`` is the path of the mailbox: ``/me`` or ``/users/…``."""

    def __init__(
        self, session: VettedSession, base: str, user: str, token: Token, standing: Standing = Standing.PERSON
    ) -> None:
        self._session = session
        self._base = base
        self._user = user
        self._token = token
        self._standing = standing

    # one request
    def do(self, step: Step) -> Json:
        """Its answer, empty where there is none. Raises the verdicts, CursorLost."""
        return _json(self.ask(step.method, step.path, need=step.need, json=step.body))

    def get(self, path: str, prefer: str = "", **parameters: str) -> Json:
        return _json(self.ask("GET", path, prefer=prefer, params=parameters or None))

    def pages(self, path: str, **parameters: str) -> Iterator[Json]:
        page = self.get(path, **parameters)
        while True:
            yield from page["value"]
            if "@odata.nextLink" not in page:
                return
            page = self.get(page["@odata.nextLink"])

    def ask(
        self, method: str, path: str, *, prefer: str = "", need: str = "Mail.ReadWrite", **options: Any
    ) -> requests.Response:
        """Raises the verdicts, CursorLost. A refused token is renewed once."""
        url = self._url(path)
        with step(f"Graph {method} {template(urlsplit(url).path)}") as told:
            answer = self._shown(method, url, prefer, options)
            told.tell({"http.response.status_code": answer.status_code})
            if answer.status_code >= _FAILED:
                request_id = answer.headers.get("request-id", "none")
                _log.info("Graph answered %s, request-id %s", answer.status_code, request_id)
                raise verdict(answer.status_code, _body(answer), answer.headers, need=need, standing=self._standing)
        return answer

    def _shown(self, method: str, url: str, prefer: str, options: dict[str, Any]) -> requests.Response:
        """The answer to a token that was taken, or to the second one that was not."""
        refused: str | None = None
        while True:
            token = self._token(refused)
            headers = {"Authorization": f"Bearer {token}", "Prefer": PREFER + prefer}
            answer = self._session.request(method, url, headers=headers, **options)
            if answer.status_code != _UNAUTHORIZED or refused is not None:
                return answer
            refused = token
            answer.close()

    def stream(self, path: str) -> Iterator[bytes]:
        with self.ask("GET", path, stream=True) as answer:
            try:
                yield from answer.iter_content(_PIECE)
            except (requests.RequestException, OSError) as exc:
                raise Unanswered("unreachable", "Exchange Online broke off while it gave the content.") from exc

    # many requests at once
    def together(self, steps: Sequence[Step]) -> list[Json | ConnectorError]:
        """One result per step, in their order. The steps do not depend on each other: Graph makes some side by side."""
        return in_portions(portions(steps, MOST_IN_BATCH), self._some)

    def _some(self, steps: list[Step]) -> list[Json | ConnectorError]:
        if len(steps) > 1:
            parts = [_part(str(number), step) for number, step in enumerate(steps)]
            return list(self.batch(parts, needs=[step.need for step in steps]).values())
        try:
            return [self.do(steps[0])]
        except Rejected as error:
            return [error]

    def batch(self, parts: Sequence[Json], needs: Sequence[str] = ()) -> dict[str, Json | ConnectorError]:
        """At most twenty; by the parts' ids, in their order. Raises what Graph says of the batch as a whole."""
        whole = [{**part, "url": self._user + part["url"], "headers": _headers_of(part)} for part in parts]
        answers = _json(self.ask("POST", f"{self._base}/v1.0/$batch", json={"requests": whole}))["responses"]
        by_id = {one["id"]: one for one in answers}
        wanted = needs or ["Mail.ReadWrite"] * len(parts)
        return {part["id"]: self._result(by_id.get(part["id"]), need) for part, need in zip(parts, wanted, strict=True)}

    def _result(self, answer: Json | None, need: str) -> Json | ConnectorError:
        if answer is None:
            return Unanswered("server_busy", "Exchange Online left a part of the batch without an answer.")
        if answer["status"] == _FAILED_DEPENDENCY:
            return NotNow("server_busy", "The step before this one failed.")
        body, headers = answer.get("body"), answer.get("headers") or {}
        if answer["status"] < _FAILED:
            return body if isinstance(body, dict) else {}
        error = verdict(answer["status"], body, headers, need=need, standing=self._standing)
        if not isinstance(error, ConnectorError):
            raise error
        return error

    def _url(self, path: str) -> str:
        if path.startswith("/"):
            return f"{self._base}/v1.0{self._user}{path}"
        wanted, ours = urlsplit(path), urlsplit(self._base)
        if (wanted.scheme, wanted.netloc) != (ours.scheme, ours.netloc):
            raise Rejected("address_refused", "Graph names an address outside of itself; no token goes there.")
        return path


def segment(value: str) -> str:
    """An id or address as one segment of a path."""
    return quote(value, safe="")


def literal(value: str) -> str:
    """In a filter, between quotes."""
    return "'" + value.replace("'", "''") + "'"


def with_query(path: str, **parameters: str) -> str:
    """As a batch wants it: a plus would not be read as a space there."""
    return f"{path}?{urlencode(parameters, safe='$', quote_via=quote)}"


def _part(name: str, step: Step) -> Json:
    part: Json = {"id": name, "method": step.method, "url": step.path}
    return part if step.body is None else {**part, "body": step.body}


def _headers_of(part: Json) -> Mapping[str, str]:
    return {"Prefer": PREFER, **({"Content-Type": "application/json"} if "body" in part else {})}


def _json(answer: requests.Response) -> Json:
    if not answer.content:
        return {}
    found = _body(answer)
    if not isinstance(found, dict):
        raise Unanswered("server_busy", "Something between here and Exchange Online answers in its place.")
    return found


def _body(answer: requests.Response) -> Any:
    try:
        return json.loads(answer.content)
    except ValueError:
        return None
