"""Graph by plain requests, in one person's or application's name."""

from types import TracebackType
from typing import Any, Self

import requests

from local.exchange.server import Exchange

EVERYTHING = "Mail.ReadWrite Mail.Send Mail.Send.Shared User.Read"


class GraphSession:
    """`roles` instead of `scp` makes it an application; paths begin behind the version."""

    def __init__(
        self, exchange: Exchange, address: str, *, scp: str = EVERYTHING, roles: str = "", seconds: str = "3600"
    ) -> None:
        claims: dict[str, Any] = (
            {"appid": address, "roles": roles.split()} if roles else {"upn": address, "scp": scp, "appid": "an-app"}
        )
        self.token = exchange.trust.tokens.issue("https://graph.microsoft.com", claims, seconds=int(seconds))
        self.base = f"{exchange.graph_url}/v1.0"
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = str(exchange.ca_bundle)
        self.http.headers["Authorization"] = f"Bearer {self.token}"
        self.http.headers["Prefer"] = 'IdType="ImmutableId"'

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        url = path if path.startswith("https:") else f"{self.base}{path}"
        return self.http.request(method, url, timeout=20, **options)

    def get(self, path: str, **parameters: Any) -> dict[str, Any]:
        answer = self.ask("GET", path, params=parameters)
        assert answer.status_code == requests.codes.ok, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def draft(self, **fields: Any) -> dict[str, Any]:
        message = {
            "subject": "Your order 4711",
            "body": {"contentType": "text", "content": "Thank you."},
            "toRecipients": [to("kim@fabrikam.example")],
            **fields,
        }
        answer = self.ask("POST", "/me/messages", json=message)
        assert answer.status_code == requests.codes.created, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def close(self) -> None:
        self.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def to(address: str) -> dict[str, Any]:
    return {"emailAddress": {"name": address.partition("@")[0].title(), "address": address}}


def code_of(answer: requests.Response) -> str:
    return str(answer.json()["error"]["code"])
