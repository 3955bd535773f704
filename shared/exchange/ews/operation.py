"""What every operation has in common: exchangelib's service, asked over our own wire, each item's refusal as its own result."""

import re
from collections.abc import Sequence
from typing import Any

from exchangelib.errors import EWSError, TransportError
from exchangelib.services.common import EWSAccountService

from shared.errors import ConnectorError
from shared.exchange.ews.request_body import Placeholders
from shared.exchange.ews.surprise import EwsSurprise
from shared.exchange.ews.visit import Visit, verdict
from shared.telemetry import step

_CODE = re.compile(r"\bError\w+")
AT_ONCE = 100
"""Items in one request."""


class Operation(EWSAccountService):  # type: ignore[misc]
    """Mixed in before one of exchangelib's services, which gives the operation its name and reads its answer."""

    ERRORS_TO_CATCH_IN_RESPONSE = (EWSError,)
    WARNINGS_TO_CATCH_IN_RESPONSE = (EWSError,)

    def __init__(self, visit: Visit) -> None:
        super().__init__(account=visit)
        self.visit = visit

    def results(self, payload: Any, files: Placeholders | None = None) -> list[Any]:
        """One per item: the element that holds it, or a ConnectorError. Raises the verdicts on the request as a whole."""
        with step(f"EWS {self.SERVICE_NAME}") as told:
            messages = self.visit.ask(self, payload, files)
            results = [self._judged(self._get_element_container(one, self.element_container_name)) for one in messages]
            for result in results:
                if isinstance(result, ConnectorError):
                    told.refused(result)
        return results

    def _judged(self, result: Any) -> Any:
        if type(result) is TransportError:  # a ResponseCode that exchangelib does not know
            named = _CODE.search(str(result))
            raise EwsSurprise(named[0] if named else "an unknown code", self.SERVICE_NAME)
        return verdict(result, self.SERVICE_NAME) if isinstance(result, EWSError) else result


def one(results: Sequence[Any]) -> Any:
    """The only result. Raises it where it is a refusal."""
    result = results[0] if results else None
    if isinstance(result, ConnectorError):
        raise result
    return result
