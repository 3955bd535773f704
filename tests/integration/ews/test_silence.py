"""No password, no token, no word of a mail in any log, with DEBUG on all loggers, whatever goes wrong."""

import base64
import logging
from collections.abc import Iterator

import pytest

from local.exchange.server import Exchange
from local.exchange.store import password_of
from local.faults import Fault
from shared.domain.mail import Address, Body, DraftRef, OutgoingMail, Stamp
from shared.errors import ConnectorError
from shared.exchange.ews.surprise import EwsSurprise
from tests.integration.ews.conftest import ANNA, BASIC, BOB, NTLM, Open

SUBJECT, BODY = "Dismissal-of-Hugo", "He-may-keep-the-plant"


class _Everything(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(logging.Formatter("%(name)s %(message)s").format(record))


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """What every logger says; the simulated server in the same process keeps out of it."""
    handler = _Everything()
    root = logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in logging.root.manager.loggerDict)]
    levels = {logger: logger.level for logger in loggers}
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield handler.lines
    root.removeHandler(handler)
    for logger, level in levels.items():
        logger.setLevel(level)


@pytest.mark.parametrize("known", [BASIC, NTLM], ids=["basic", "ntlm"])
@pytest.mark.parametrize(
    "fault",
    [
        None,
        {"operation": "CreateItem", "code": "ErrorServerBusy"},
        {"operation": "SendItem", "code": "ErrorOfTheYear"},
        {"operation": "SendItem", "drop": True, "when": "after"},
        {"operation": "SyncFolderItems", "cut_after_bytes": 700},
    ],
    ids=str,
)
def test_nothing_secret_is_logged(
    exchange: Exchange, open_as: Open, logged: list[str], known: object, fault: dict[str, object] | None
) -> None:
    if fault:
        exchange.faults.add(Fault.model_validate({"door": "ews", **fault}))
    mail = OutgoingMail(Stamp("s", "<s@contoso.example>"), SUBJECT, Body(content=BODY), to=(Address(address=BOB),))
    with open_as(ANNA, known=known) as mailbox:
        try:
            (draft,) = mailbox.create_drafts([mail])
            assert isinstance(draft, DraftRef)
            mailbox.send_drafts([draft], keep_copy=True)
            mailbox.read([head.id for head in mailbox.changes(mailbox.find_folder("Sent Items").id, None).arrivals])
        except (ConnectorError, EwsSurprise) as error:
            logging.getLogger("tests").exception("it failed: %s", error.code)
    _judge("\n".join(logged))


def test_a_refused_password_is_not_logged_either(open_as: Open, logged: list[str]) -> None:
    with open_as(ANNA, known=NTLM, password="Winter-2026-in-Berlin") as mailbox:
        try:
            mailbox.find_folder("Inbox")
        except ConnectorError:
            logging.getLogger("tests").exception("it failed")
    _judge("\n".join(logged), "Winter-2026-in-Berlin")


def _judge(text: str, password: str = password_of(ANNA)) -> None:
    assert text
    in_basic = base64.b64encode(f"{ANNA}:{password}".encode()).decode()
    for secret in (password, in_basic, SUBJECT, BODY, "TlRMTVNTUA", "NTLMSSP"):
        assert secret not in text
