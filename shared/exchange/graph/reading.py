"""Incoming mail by Graph: pages of arrivals, whole mails, what is attached."""

from collections.abc import Sequence
from urllib.parse import urlencode

from shared.domain.mail import Changes, MailHead, ReceivedMail
from shared.errors import ConnectorError, Rejected
from shared.exchange.graph import incoming, properties
from shared.exchange.graph.wire import MOST_IN_BATCH, Json, Wire, literal, segment

_ARRIVALS = {"changeType": "created", "$select": properties.ARRIVED, "$expand": properties.OF_HEAD}
"""Never with $filter: a filtered delta gives at most 5,000 messages, https://learn.microsoft.com/graph/delta-query-messages."""
_ATTACHMENTS = "id,name,contentType,size,isInline,microsoft.graph.fileAttachment/contentId"
_HEADS = {"$select": properties.HEAD, "$expand": properties.OF_HEAD}


def changes(wire: Wire, folder_id: str, cursor: str | None, limit: int) -> Changes:
    prefer = f", odata.maxpagesize={limit}"
    try:
        if cursor is None:
            page = wire.get(f"/mailFolders/{segment(folder_id)}/messages/delta", prefer, **_ARRIVALS)
        else:
            page = wire.get(cursor, prefer)
    except Rejected as error:
        raise in_folder(error) from error
    arrived = tuple(incoming.head(one) for one in page["value"] if "@removed" not in one)
    following = page.get("@odata.nextLink")
    return Changes(arrived, following or page["@odata.deltaLink"], more=following is not None)


def latest(wire: Wire, folder_id: str, count: int) -> list[MailHead]:
    order = {"$orderby": "receivedDateTime desc", "$top": str(count)}
    try:
        page = wire.get(f"/mailFolders/{segment(folder_id)}/messages", **_HEADS, **order)
    except Rejected as error:
        raise in_folder(error) from error
    return [incoming.head(one) for one in page["value"]]


def find_mails(wire: Wire, internet_message_id: str) -> list[MailHead]:
    test = {"$filter": f"internetMessageId eq {literal(internet_message_id)}"}
    return [incoming.head(one) for one in wire.pages("/messages", **_HEADS, **test)]


def read(wire: Wire, mail_ids: Sequence[str]) -> list[ReceivedMail | ConnectorError]:
    """Two parts of a batch for each mail: $expand of attachments would bring their content."""
    results: list[ReceivedMail | ConnectorError] = []
    together = MOST_IN_BATCH // 2
    for start in range(0, len(mail_ids), together):
        some = mail_ids[start : start + together]
        answers = wire.batch([part for number, one in enumerate(some) for part in _parts(number, one)])
        results += [_mail(answers[f"{number}-mail"], answers[f"{number}-files"]) for number in range(len(some))]
    return results


def in_folder(error: Rejected) -> Rejected:
    if error.code != "item_not_found":
        return error
    return Rejected("folder_not_found", "The folder is not there any more.")


def _parts(number: int, mail_id: str) -> tuple[Json, Json]:
    path = f"/messages/{segment(mail_id)}"
    whole = urlencode({"$select": properties.WHOLE, "$expand": properties.OF_HEAD}, safe="$")
    return (
        {"id": f"{number}-mail", "method": "GET", "url": f"{path}?{whole}"},
        {
            "id": f"{number}-files",
            "method": "GET",
            "url": f"{path}/attachments?{urlencode({'$select': _ATTACHMENTS}, safe='$')}",
        },
    )


def _mail(mail: Json | ConnectorError, files: Json | ConnectorError) -> ReceivedMail | ConnectorError:
    if isinstance(mail, ConnectorError):
        return mail
    if isinstance(files, ConnectorError):
        return files
    return incoming.mail(mail, files["value"])
