"""Replies by EWS: the draft that Exchange makes of the original, then everything that it has no place for; sent as any draft."""

from contextlib import suppress

from shared.domain.mail import Address, DraftRef, OutgoingMail
from shared.domain.reply import Answering, reply_subject
from shared.errors import ConnectorError, Rejected
from shared.exchange.ews.create_attachment import CreateAttachment
from shared.exchange.ews.delete_item import DeleteItem
from shared.exchange.ews.find_folder import FindFolder
from shared.exchange.ews.find_item import FindItem
from shared.exchange.ews.markup import FolderRef, equals, field
from shared.exchange.ews.reply_to_item import ReplyToItem
from shared.exchange.ews.update_draft import UpdateDraft
from shared.exchange.ews.visit import Visit
from shared.exchange.portions import portions

_LIKELY = ("inbox", "sentitems")
_FOLDERS_AT_ONCE = 50


def draft_reply(visit: Visit, mail: OutgoingMail, sender: Address | None) -> DraftRef:
    """Raises Rejected ``item_not_found``. What is refused halfway leaves nothing behind."""
    if mail.answering is None:
        raise ValueError("the mail answers nothing")
    original, subject = _original(visit, mail.answering)
    mode = mail.answering.mode
    draft = ReplyToItem(visit).draft(mail, mode, original, mail.sender or sender)
    try:
        if mail.attachments:
            CreateAttachment(visit).attach(draft, mail)
        return UpdateDraft(visit).complete(draft, mail, mail.subject or reply_subject(mode, subject))
    except Rejected:
        with suppress(ConnectorError):
            DeleteItem(visit).erase(draft.item_id)
        raise


def _original(visit: Visit, answering: Answering) -> tuple[DraftRef, str]:
    """One request where it lies in the Inbox; there is no search over a whole mailbox in EWS."""
    test = equals(field("message:InternetMessageId"), answering.internet_message_id)
    if found := FindItem(visit).subjects([visit.folder(name) for name in _LIKELY], test):
        return found[0]
    everywhere = [FolderRef(row[0]) for row in FindFolder(visit).below(visit.folder("msgfolderroot"))]
    for some in portions(everywhere, _FOLDERS_AT_ONCE):
        if found := FindItem(visit).subjects(some, test):
            return found[0]
    words = "The mail that is to be answered is not in the mailbox."
    raise Rejected("item_not_found", words, field="parameters.inReplyTo.internetMessageId")
