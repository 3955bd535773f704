"""Requests to Graph in a connection's name. The token goes to Graph's host alone, whatever link an answer contains."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn
from urllib.parse import quote, urlsplit

import requests

from shared.errors import ConnectorError, NotNow, Rejected, Unanswered
from shared.exchange.graph.template import template
from shared.exchange.graph.verdicts import verdict
from shared.network.session import VettedSession
from shared.telemetry import step

PREFER = 'IdType="ImmutableId"'
_UNAUTHORIZED = 401
_FAILED = 400
_FAILED_DEPENDENCY = 424
_PIECE = 256 * 1024
MOST_IN_BATCH = 20
Json = dict[str, Any]


class Wire:
    """``token`` gives one, and with True a new one. ``user`` is the path of the mailbox: ``/me`` or ``/users/…``."""

    def __init__(self, session: VettedSession, base: str, user: str, token: Callable[[bool], str]) -> None:
        self._session = session
        self._base = base
        self._user = user
        self._token = token

    def get(self, path: str, prefer: str = "", **parameters: str) -> Json:
        found: Json = self.ask("GET", path, prefer=prefer, params=parameters or None).json()
        return found

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
            for renew in (False, True):
                headers = {"Authorization": f"Bearer {self._token(renew)}", "Prefer": PREFER + prefer}
                answer = self._session.request(method, url, headers=headers, **options)
                if answer.status_code != _UNAUTHORIZED:
                    break
            told.tell({"http.response.status_code": answer.status_code})
            if answer.status_code >= _FAILED:
                _refuse(answer, need)
        return answer

    def stream(self, path: str) -> Iterator[bytes]:
        with self.ask("GET", path, stream=True) as answer:
            try:
                yield from answer.iter_content(_PIECE)
            except (requests.RequestException, OSError) as exc:
                raise Unanswered("unreachable", "Exchange Online broke off while it gave the content.") from exc

    def batch(self, parts: Sequence[Json]) -> dict[str, Json | ConnectorError]:
        """At most twenty; by the parts' ids. What failed because of another part is told as that part's failure."""
        whole = [{**part, "url": self._user + part["url"], "headers": _headers_of(part)} for part in parts]
        answers = self.ask("POST", f"{self._base}/v1.0/$batch", json={"requests": whole}).json()["responses"]
        by_id = {one["id"]: one for one in answers}
        return {part["id"]: _result(by_id.get(part["id"])) for part in parts}

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


def _headers_of(part: Json) -> Mapping[str, str]:
    return {"Prefer": PREFER, **({"Content-Type": "application/json"} if "body" in part else {})}


def _result(answer: Json | None) -> Json | ConnectorError:
    if answer is None:
        return Unanswered("server_busy", "Exchange Online left a part of the batch without an answer.")
    if answer["status"] == _FAILED_DEPENDENCY:
        return NotNow("server_busy", "The step before this one failed.")
    if answer["status"] < _FAILED:
        body = answer.get("body")
        return body if isinstance(body, dict) else {}
    error = verdict(answer["status"], answer.get("body"), answer.get("headers") or {})
    if not isinstance(error, ConnectorError):
        raise error
    return error


def _refuse(answer: requests.Response, need: str) -> NoReturn:
    try:
        body = json.loads(answer.content)
    except ValueError:
        body = None
    raise verdict(answer.status_code, body, answer.headers, need=need)
