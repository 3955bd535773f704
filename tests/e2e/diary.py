"""What people see of their appointments by plain exchangelib, against the running stack."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from exchangelib import BASIC, DELEGATE, Account, CalendarItem, Configuration, Credentials
from exchangelib.items import MeetingRequest
from exchangelib.protocol import close_connections

from tests.e2e.stack import Stack, eventually


@contextmanager
def accounts(stack: Stack) -> Iterator["People"]:
    """The standard library reads the CA of one machine from the environment."""
    with patch.dict("os.environ", {"REQUESTS_CA_BUNDLE": stack.endpoints["caBundle"]}):
        try:
            yield People(stack)
        finally:
            close_connections()


class People:
    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._known: dict[str, Account] = {}

    def account(self, address: str) -> Account:
        if address not in self._known:
            password = self._stack.endpoints["mailboxes"][address]
            config = Configuration(
                service_endpoint=self._stack.endpoints["ews"],
                credentials=Credentials(address, password),
                auth_type=BASIC,
            )
            self._known[address] = Account(address, config=config, autodiscover=False, access_type=DELEGATE)
        return self._known[address]

    def calendar(self, address: str, subject: str) -> list[CalendarItem]:
        return list(self.account(address).calendar.filter(subject=subject))

    def the(self, address: str, subject: str) -> CalendarItem:
        def found() -> CalendarItem | None:
            return next(iter(self.calendar(address, subject)), None)

        return eventually(found, what=f"{subject} in the calendar of {address}")

    def invitation(self, address: str, subject: str) -> MeetingRequest:
        def found() -> MeetingRequest | None:
            mails = self.account(address).inbox.filter(subject=subject)
            return next((mail for mail in mails if isinstance(mail, MeetingRequest)), None)

        return eventually(found, what=f"the invitation of {address}")
