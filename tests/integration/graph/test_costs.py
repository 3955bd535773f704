"""What a job costs in requests, counted at the server: cold (a new process) and warm."""

from datetime import UTC, datetime, timedelta

from local.exchange.store import Mailbox as StoreMailbox
from shared.domain.mail import DraftRef, Touch
from shared.ports.mailbox import Mailbox
from tests.contract.simulated_online import Online
from tests.integration.graph.conftest import WITH_PASSWORD, WITH_SECRET, drafted, file_of, mail_to


def graph_requests(online: Online) -> int:
    """What a batch holds is counted too, but goes over the wire with it."""
    seen = online.exchange.seen.as_json()["requests"]
    ours = {one["operation"]: one["count"] for one in seen if one["door"] == "graph"}
    return ours.get("POST /$batch", 0) or sum(ours.values())


def tokens(online: Online) -> int:
    return sum(one["count"] for one in online.exchange.seen.as_json()["requests"] if one["door"] == "token")


def test_an_email_costs_two_requests_and_one_token_for_its_life(online: Online, anna: str, bob: str) -> None:
    connection = online.connection(anna)
    doors = online.new_doors()
    for number in range(3):
        with doors.open(connection, WITH_PASSWORD) as mailbox:
            made = drafted(mailbox, mail_to(bob, file_of(100_000), number=number))
            assert mailbox.send_drafts([made], keep_copy=True) == [None]
        assert (graph_requests(online), tokens(online)) == (2 * (number + 1), 1)
    doors.close()


def test_an_application_asks_for_one_token_too(online: Online, anna: str, bob: str) -> None:
    connection = online.connection(None, mailbox=anna)
    for number in range(2):
        with online.doors.open(connection, WITH_SECRET) as mailbox:
            mailbox.send_drafts([drafted(mailbox, mail_to(bob, number=number))], keep_copy=True)
    assert (graph_requests(online), tokens(online)) == (4, 1)


def test_many_emails_go_twenty_in_a_request(online: Online, mailbox: Mailbox, bob: str) -> None:
    drafts = mailbox.create_drafts([mail_to(bob, number=number) for number in range(45)])
    made = [one for one in drafts if isinstance(one, DraftRef)]
    assert online.exchange.seen.count("graph", "POST /$batch") == 3
    assert mailbox.send_drafts(made, keep_copy=True) == [None] * 45
    assert online.exchange.seen.count("graph", "POST /$batch") == 6
    assert online.exchange.seen.count("graph", "POST /messages/{id}/send") == 45


def test_heavy_mails_go_alone(online: Online, mailbox: Mailbox, bob: str) -> None:
    mails = [mail_to(bob, file_of(1_500_000), number=number) for number in range(3)]
    assert all(isinstance(one, DraftRef) for one in mailbox.create_drafts(mails))
    assert online.exchange.seen.count("graph", "POST /$batch") == 0
    assert online.exchange.seen.count("graph", "POST /messages") == 3


def test_a_check_costs_one_request_for_each_page(online: Online, mailbox: Mailbox, anna: str, bob: str) -> None:
    deliver(online, bob, anna, 5)
    inbox = mailbox.find_folder("Inbox")
    cursor, pages, arrived, more = None, 0, 0, True
    online.exchange.seen.clear()
    while more:
        page = mailbox.changes(inbox.id, cursor, limit=2)
        cursor, more, pages = page.cursor, page.more, pages + 1
        arrived += len(page.arrivals)
    assert arrived == 5
    assert graph_requests(online) == pages
    online.exchange.seen.clear()
    assert mailbox.changes(inbox.id, cursor).arrivals == ()
    assert graph_requests(online) == 1


def test_reading_back_what_was_sent_costs_one_request_for_each_hundred(
    online: Online, mailbox: Mailbox, bob: str
) -> None:
    made = mailbox.create_drafts([mail_to(bob, number=number) for number in range(120)])
    mailbox.send_drafts([one for one in made if isinstance(one, DraftRef)], keep_copy=True)
    online.exchange.seen.clear()
    since = datetime.now(UTC) - timedelta(hours=1)
    assert len(mailbox.sent_since(since, limit=100)) == 100
    assert graph_requests(online) == 1
    assert len(mailbox.sent_since(since, skip=100, limit=100)) == 20
    assert graph_requests(online) == 2


def test_marking_and_moving_cost_a_request_for_twenty(online: Online, mailbox: Mailbox, anna: str, bob: str) -> None:
    store = deliver(online, bob, anna, 45)
    done = store.ensure_folder("Done")
    inbox, target = mailbox.find_folder("Inbox"), mailbox.find_folder("Done")
    heads = mailbox.changes(inbox.id, None, limit=512).arrivals
    online.exchange.seen.clear()
    touches = [Touch(head.id, mark_as_read=True, add_category="Done", move_to=target.id) for head in heads]
    assert mailbox.touch(touches) == [None] * 45
    assert online.exchange.seen.count("graph", "POST /$batch") == 6
    assert len(done.items) == 45
    assert all(item.is_read and item.categories == ("Done",) for item in done.items.values())


def test_reading_costs_a_request_for_ten(online: Online, mailbox: Mailbox, anna: str, bob: str) -> None:
    deliver(online, bob, anna, 25)
    heads = mailbox.changes(mailbox.find_folder("Inbox").id, None, limit=512).arrivals
    online.exchange.seen.clear()
    assert len(mailbox.read([head.id for head in heads])) == 25
    assert online.exchange.seen.count("graph", "POST /$batch") == 3


def deliver(online: Online, sender: str, to: str, number: int) -> StoreMailbox:
    with online.doors.open(online.connection(sender), WITH_PASSWORD) as mailbox:
        drafts = mailbox.create_drafts([mail_to(to, number=one) for one in range(number)])
        mailbox.send_drafts([one for one in drafts if isinstance(one, DraftRef)], keep_copy=False)
    return online.exchange.store.mailbox(to)
