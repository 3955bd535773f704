"""Which class a mail belongs to, now that it is known what this connector sent itself."""

from dataclasses import dataclass
from typing import Any

from shared.domain.action import Action, ActionName
from shared.domain.bounce import message_ids
from shared.domain.classification import Headers, MailClass, classify
from shared.domain.connection import Connection
from shared.domain.mail import MailHead
from shared.domain.stamp import read_stamp
from shared.ports.records import Records
from shared.use_cases.find_alias import FindAlias

_MOST_ALIASES = 10
"""Of the ids that a mail refers to, so many are looked up: a long thread names hundreds."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The action that sent a mail, and the connection through which it went. ``part`` tells several mails of one action apart."""

    action_id: str
    connection_id: str
    correlation: dict[str, Any]
    action: str = ""
    part: str = ""


class RecognizeMail:
    def __init__(
        self,
        *,
        installation: str,
        actions: Records[Action],
        connections: Records[Connection],
        find_alias: FindAlias,
    ) -> None:
        self._installation = installation
        self._actions = actions
        self._connections = connections
        self._find_alias = find_alias

    def __call__(self, connection: Connection, head: MailHead) -> MailClass:
        """Mail from another connection is ordinary, whatever headers the sender gave it."""
        sent = self.origin(connection.organization, [head.internet_message_id], anywhere=True, by=connection)
        if sent:
            return MailClass.OWN if self.same_mailbox(connection, sent) else MailClass.ORDINARY
        kind = classify(head)
        if kind is MailClass.BOUNCE and not self.answered(connection, head):
            return MailClass.AUTOMATIC
        if kind is MailClass.ORDINARY and self.answers_survey(connection, head):
            return MailClass.VOTE
        return kind

    def answers_survey(self, connection: Connection, head: MailHead) -> bool:
        """Whatever is said in it: only who reads it knows whether it is a vote."""
        origin = self.answered(connection, head)
        return origin is not None and origin.action == ActionName.SEND_SURVEY

    def answered(self, connection: Connection, head: MailHead) -> Origin | None:
        """What this mail refers to as its answer or report, where it was one of ours."""
        headers = Headers(head.headers)
        texts = (headers.value("In-Reply-To") or "", headers.value("References") or "")
        # The last reference is the nearest ancestor.
        ids = [*message_ids(texts[0]), *reversed(message_ids(texts[1]))]
        return self.origin(connection.organization, ids, by=connection)

    def origin(
        self, organization: str, ids: list[str], *, anywhere: bool = False, by: Connection | None = None
    ) -> Origin | None:
        """The first of the Message-IDs that an action of the organization (or of any) was sent with; ``by`` is who asks."""
        foreign = 0
        for one in filter(None, dict.fromkeys(ids)):
            read = read_stamp(self._installation, one)
            if read is None and foreign < _MOST_ALIASES:
                foreign += 1
                alias = self._find_alias(organization, one, by)
                read = (organization, alias.action_id, alias.part) if alias else None
            if read and (anywhere or read[0] == organization):
                found = self._actions.get(read[0], read[1])
                if found:
                    action = found.value
                    return Origin(action.id, action.connection_id, action.correlation, action.action, read[2])
        return None

    def same_mailbox(self, connection: Connection, sent: Origin) -> bool:
        if sent.connection_id == connection.id:
            return True
        other = self._connections.get(connection.organization, sent.connection_id)
        return other is not None and other.value.address.casefold() == connection.address.casefold()
