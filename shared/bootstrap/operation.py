"""What operators see: the installation measured as a whole."""

from functools import cached_property
from typing import TYPE_CHECKING

from shared.bootstrap.people import People

if TYPE_CHECKING:
    from shared.use_cases.measure_operation import MeasureOperation


class Operation(People):
    @cached_property
    def measure_operation(self) -> "MeasureOperation":
        from shared.use_cases.measure_operation import MeasureOperation

        return MeasureOperation(
            organizations=self.organizations,
            connections=self.connections,
            actions=self.actions,
            due=self.due,
            queues=self.queues,
            clock=self.clock,
        )
