"""NCRONTAB: six fields with seconds first, or five without; UTC.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
"""

import datetime as dt

from croniter import croniter
from croniter.croniter import CroniterError

from local.host.settings import SettingWrong

_FIELDS = {5, 6}


class Schedule:
    def __init__(self, expression: str) -> None:
        """Raises SettingWrong."""
        if len(expression.split()) not in _FIELDS:
            raise SettingWrong(f"A schedule has six fields (or five, without seconds), not {expression!r}.")
        self._expression = expression
        try:
            self.after(dt.datetime.now(dt.UTC))
        except (CroniterError, ValueError) as error:
            raise SettingWrong(f"The schedule {expression!r} is not NCRONTAB: {error}.") from error

    def after(self, moment: dt.datetime) -> dt.datetime:
        """The first occurrence later than this."""
        # NCRONTAB restricts to day of month AND day of week, cron to either.
        occurrences = croniter(self._expression, moment, second_at_beginning=True, day_or=False)
        found: dt.datetime = occurrences.get_next(dt.datetime)
        return found

    def pauses_a_minute(self, moment: dt.datetime) -> bool:
        """Whether the next two occurrences are a minute apart or more."""
        first = self.after(moment)
        return self.after(first) - first >= dt.timedelta(minutes=1)
