"""The measurements use the same office as the integration tests."""

from tests.integration.actions.conftest import exchange, office

__all__ = ["exchange", "office"]
