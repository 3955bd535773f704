"""What the parameters of every action answer, whatever they hold."""

from collections.abc import Iterable
from datetime import datetime

from shared.domain.model import Model
from shared.errors import FieldError


class ActionParameters(Model):
    def errors_at(self, now: datetime) -> Iterable[FieldError]:
        """What only the clock can tell."""
        del now
        return ()

    def check(self) -> None:
        """What has a code of its own. Raises Rejected."""

    def appointment(self, action_id: str) -> str | None:
        """The key of the record of the appointment that the action is about."""
        del action_id
        return None
