"""What the edges say of a message, a path, a request and an error."""

import json
from types import SimpleNamespace

import pytest

from shared.exchange.graph.template import template
from shared.triggers.edge import Unforeseen, edge
from shared.triggers.queues.named import named


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"id": "order-4711", "organization": "contoso", "parameters": {"to": ["kim@fabrikam.example"]}},
         {"exchange.action.id": "order-4711", "exchange.organization": "contoso"}),
        ({"resume": {"organization": "contoso", "id": "order-4711", "attempt": 3}},
         {"exchange.action.id": "order-4711", "exchange.organization": "contoso", "exchange.action.attempt": 3}),
        ({"organization": "contoso", "folder": "0b6c-Inbox"}, {"exchange.organization": "contoso"}),
        ({"id": "mail to kim@fabrikam.example", "organization": "Kim <kim@fabrikam.example>"}, {}),
        ({"id": 4711, "organization": None, "resume": "yes"}, {}),
        (["order-4711"], {}),
    ],
)  # fmt: skip
def test_a_message_is_named_by_ids_of_the_contracts_shape(body: object, said: dict[str, object]) -> None:
    assert named(json.dumps(body).encode()) == said


def test_what_is_no_json_has_no_name() -> None:
    assert named(b"\xff{") == {}
    assert named(b"[" * 100_000) == {}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/v1.0/me/messages", "/me/messages"),
        ("/v1.0/users/anna%40contoso.example/messages/AAMkAD/send", "/users/{}/messages/{}/send"),
        ("/v1.0/me/mailFolders/Invoices%20of%20Kim/messages/delta", "/me/mailFolders/{}/messages/delta"),
        ("/v1.0/$batch", "/$batch"),
        ("/v1.0/users/anna@contoso.example", "/users/{}"),
    ],
)
def test_a_path_of_graph_loses_whatever_it_names(path: str, said: str) -> None:
    assert template(path) == said


def test_what_a_function_raises_tells_the_host_no_secret() -> None:
    with pytest.raises(Unforeseen) as raised, edge("perform_action", SimpleNamespace(trace_context=None)):  # type: ignore[arg-type]
        raise ValueError("password=Blue-42 of kim@fabrikam.example")
    words = str(raised.value)
    assert "ValueError" in words
    assert "test_edges.py" in words
    assert "Blue-42" not in words
    assert "kim@" not in words
    assert raised.value.__suppress_context__
