"""Where the outside comes in: HTTP, queues, timers. Parse, call, translate; nothing else.

Importing this package costs no more than ``azure.functions``: whatever is heavy is imported at the first call.
"""

from collections.abc import Iterator

import azure.functions as func


def blueprints() -> Iterator[func.Blueprint]:
    """Every blueprint of the connector; from here on no log line of this process tells a secret."""
    from shared.redaction import install
    from shared.triggers.http import tables
    from shared.triggers.http.endpoint import blueprint
    from shared.triggers.listening import listen_if_wanted
    from shared.triggers.pages import table
    from shared.triggers.queues import actions, mail
    from shared.triggers.queues import surveys as survey_work
    from shared.triggers.timers import checks, metrics, secrets, surveys, sweep

    install()
    listen_if_wanted()
    yield blueprint([*tables(), table()])
    yield actions.blueprint
    yield mail.blueprint
    yield survey_work.blueprint
    yield checks.blueprint
    yield sweep.blueprint
    yield surveys.blueprint
    yield secrets.blueprint
    yield metrics.blueprint
