"""GET /me and /users/{id}: who that is."""

from __future__ import annotations

from local.entra.directory import object_id
from local.exchange.graph.ask import Answer, Ask


def get_user(ask: Ask) -> Answer:
    mailbox = ask.mailbox
    return Answer(
        200,
        {
            "@odata.context": f"{ask.base}/$metadata#users/$entity",
            "id": object_id(mailbox.address),
            "displayName": mailbox.name,
            "mail": mailbox.address,
            "userPrincipalName": mailbox.address,
        },
    )
