"""Beside Entra's stand-in the Graph face believes Entra's tokens and no others."""

from local.entra.tokens import Tokens
from local.exchange.server import running_exchange
from tests.integration.graph_standin.graph_session import GraphSession


def test_from_then_on_only_entras_tokens_count() -> None:
    with running_exchange() as exchange, GraphSession(exchange, "anna@contoso.example") as before:
        assert before.ask("GET", "/me/mailFolders/inbox").status_code == 200
        exchange.trust.follow(Tokens("https://localhost/entra/v2.0"))
        assert before.ask("GET", "/me/mailFolders/inbox").status_code == 401
        with GraphSession(exchange, "anna@contoso.example") as after:
            assert after.ask("GET", "/me/mailFolders/inbox").status_code == 200
