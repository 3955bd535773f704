"""When the timers run: read while functions are indexed, so without anything heavy."""

import os

CHECK_SCHEDULE = "MAILBOX_CHECK_SCHEDULE"
SWEEP_SCHEDULE = "SWEEP_SCHEDULE"
DEFAULTS = {CHECK_SCHEDULE: "0 * * * * *", SWEEP_SCHEDULE: "30 * * * * *"}


def schedule(name: str) -> str:
    """NCRONTAB in UTC: from the environment, else the default."""
    return os.environ.get(name, "").strip() or DEFAULTS[name]
