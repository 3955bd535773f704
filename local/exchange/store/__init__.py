"""The mailbox store of the simulated Exchange. Both faces, SMTP and the control routes use this and nothing below it.

    store = Store()                                     # or Store(clock=…)
    populate(store)                                     # the default cast; password_of(address) is a person's password
    anna = store.mailbox("anna@contoso.example")        # Refused ErrorNonExistentMailbox; find_mailbox(address) -> None
    inbox = anna.named["inbox"]                         # Folder; anna.folder_at("Inbox/Invoices"), anna.ensure_folder(path)
    draft = anna.add(anna.named["drafts"], Item(subject="…", body=Body("HTML", "…"), to=(Address("Kim", "kim@fabrikam.example"),)))
    anna.change(draft, subject="…"); anna.move(draft, folder); anna.copy(draft, folder); anna.delete(draft, "MoveToDeletedItems")
    anna.attach(draft, [Attachment("a.pdf", "application/pdf", content=b"…")]); anna.detach(draft, attachment)
    store.transport.submit(draft, anna, anna.named["sentitems"])      # None instead of a folder: no copy is kept
    store.transport.receive(mime_in.parse(raw), ["anna@contoso.example"])     # a mail from outside

Ids as text: item_id(item) changes on move, immutable_id(item) does not, folder_id, attachment_id(root_item, attachment), change_key(thing);
`url_safe=True` gives Graph's alphabet; back by store.item(id) (either kind of id), store.folder(id), store.attachment(id).
Rights of a delegate: anna.rights["bob@contoso.example"] = Rights(full_access=True, send_as=True).
Changes for sync and delta: folder.log.since(position, limit) -> Page(changes, position, complete), mailbox.hierarchy likewise for folders; a state that a
face hands out must carry folder.log.epoch and be refused once it differs (`expire()`). The number of a Change finds the item in folder.items.
Extended properties: properties.read(item, PropertyKey("Integer", tag=0x0E07)); write with mailbox.change(item, extended=properties.changed(item, {key: value})).
Meetings: store.calendars.create(folder, CalendarItem(…), Sending("all", keep=True)), then post() what it gave back; update, cancel, delete, answer.
Raw mails: mime_out.as_bytes(item), mime_in.parse(raw). Bodies: bodies.as_text(body), bodies.as_html(body).
Everything refused raises Refused(code, message) with Microsoft's ResponseCode, which Graph uses as error code too.
Items are changed only through Mailbox and Transport; collections in them are replaced, not mutated.
"""

from local.exchange.store import bodies, mime_in, mime_out, properties, replies, series, zones
from local.exchange.store.calendars import Sending, Written
from local.exchange.store.changes import Change, ChangeLog, Page
from local.exchange.store.folder import DISTINGUISHED, Folder
from local.exchange.store.item import (
    EPOCH,
    Address,
    Attachment,
    Attendee,
    Body,
    CalendarItem,
    FollowUp,
    Item,
    MeetingMessage,
    PropertyKey,
    PropertyValue,
)
from local.exchange.store.mailbox import AutomaticReply, Mailbox, Rights
from local.exchange.store.meeting_mail import Answer
from local.exchange.store.people import password_of, populate
from local.exchange.store.recurrence import Recurrence
from local.exchange.store.refusal import Refused
from local.exchange.store.store import Store, attachment_id, change_key, folder_id, immutable_id, item_id
from local.exchange.store.transport import Outbound, Transport, topic

__all__ = [
    "DISTINGUISHED", "EPOCH", "Address", "Answer", "Attachment", "Attendee", "AutomaticReply", "Body", "CalendarItem", "Change", "ChangeLog",
    "Folder", "FollowUp", "Item", "Mailbox", "MeetingMessage", "Outbound", "Page", "PropertyKey", "PropertyValue", "Recurrence", "Refused",
    "Rights", "Sending", "Store", "Transport", "Written", "attachment_id", "bodies", "change_key", "folder_id", "immutable_id", "item_id",
    "mime_in", "mime_out", "password_of", "populate", "properties", "replies", "series", "topic", "zones",
]  # fmt: skip
