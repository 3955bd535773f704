"""Whole mails by Graph: each with what is attached to it, ten in one request."""

from collections.abc import Sequence

from shared.domain.mail import ReceivedMail
from shared.errors import ConnectorError
from shared.exchange.graph import incoming, properties
from shared.exchange.graph.get_message import get_message
from shared.exchange.graph.list_attachments import list_attachments
from shared.exchange.graph.wire import Json, Wire


def read(wire: Wire, mail_ids: Sequence[str]) -> list[ReceivedMail | ConnectorError]:
    """Two steps for each mail: $expand of attachments would bring their content."""
    steps = [step for one in mail_ids for step in (get_message(one, properties.WHOLE), list_attachments(one))]
    answers = iter(wire.together(steps))
    return [_mail(mail, files) for mail, files in zip(answers, answers, strict=True)]


def _mail(mail: Json | ConnectorError, files: Json | ConnectorError) -> ReceivedMail | ConnectorError:
    if isinstance(mail, ConnectorError):
        return mail
    if isinstance(files, ConnectorError):
        return files
    return incoming.mail(mail, files["value"])
