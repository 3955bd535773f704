"""The same connector as that of the HTTP tests."""

from tests.integration.http.conftest import api, fresh_connector, world

__all__ = ["api", "fresh_connector", "world"]
