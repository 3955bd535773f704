"""A folder with 100,000 mails is no trouble, and large attachments are not copied around."""

import time

from local.exchange.store import Address, Attachment, Item, Store, populate


def _store() -> Store:
    store = Store()
    populate(store)
    return store


def test_a_hundred_thousand_mails_in_one_folder() -> None:
    store = _store()
    bob = store.mailbox("bob@contoso.example")
    inbox = bob.named["inbox"]
    for number in range(100_000):
        bob.add(inbox, Item(subject="old", is_draft=False, internet_message_id=f"<{number}@x>"))
    began = time.process_time()
    position = inbox.log.position
    bob.add(inbox, Item(subject="new", is_draft=False))
    page = inbox.log.since(position, 512)
    assert [change.kind for change in page.changes] == ["created"]
    assert len(inbox.log.since(0, 512).changes) == 512
    assert bob.by_message_id("<77777@x>")[0].subject == "old"
    assert time.process_time() - began < 0.05


def test_recipients_share_the_bytes_of_an_attachment() -> None:
    store = _store()
    content = bytes(1024 * 1024)
    anna = store.mailbox("anna@contoso.example")
    people = ("kim@fabrikam.example", "eve@fabrikam.example")
    mail = Item(
        subject="large",
        to=tuple(Address("", address) for address in people),
        attachments=(Attachment("a", content=content),),
    )
    store.transport.submit(mail, anna, anna.named["sentitems"])
    arrived = [next(iter(store.mailbox(address).named["inbox"].items.values())) for address in people]
    assert all(item.attachments[0].content is content for item in arrived)
    first, second = (item.attachments[0].number for item in arrived)
    assert first != second


def test_a_change_that_was_never_seen_is_never_told() -> None:
    store = _store()
    bob = store.mailbox("bob@contoso.example")
    inbox = bob.named["inbox"]
    item = bob.add(inbox, Item(subject="short-lived", is_draft=False))
    bob.change(item, is_read=False)
    bob.delete(item)
    assert inbox.log.since(0, 10).changes == []


def test_a_key_stays_for_life_and_a_number_does_not() -> None:
    store = _store()
    bob = store.mailbox("bob@contoso.example")
    item = bob.add(bob.named["inbox"], Item(subject="wanders", is_draft=False))
    key, number, search_key = item.key, item.number, item.search_key
    bob.move(item, bob.named["archive"])
    assert (item.key, item.search_key) == (key, search_key)
    assert item.number != number
    copy = bob.copy(item, bob.named["inbox"])
    assert copy.key != key
    assert copy.search_key == search_key
