"""The fault book: which of the coming requests shall go wrong, and how. Every stand-in asks it, none knows who wrote in it.

In the same process: `book.next("token", operation="password", mailbox="anna@contoso.example")`. From another process: GET
`<control url>/faults/next?door=token&operation=password&mailbox=anna@contoso.example` answers 200 with the fault (and uses it up) or 204.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Door = Literal["ews", "graph", "token", "vault"]


class Fault(BaseModel):
    """`before`: the request has no effect; `after`: it has its effect and the answer gets lost. `times`: for how many requests.

    `status` and `code` say what is answered, `drop` hangs up without a word, `cut_after_bytes` hangs up in the middle of the answer,
    `delay_seconds` alone answers late but truly.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    door: Door
    operation: str | None = None
    mailbox: str | None = None
    when: Literal["before", "after"] = "before"
    status: int | None = Field(default=None, ge=200, le=599)
    code: str | None = None
    drop: bool = False
    cut_after_bytes: int | None = Field(default=None, ge=0)
    retry_after: int | str | None = None
    back_off_ms: int | None = Field(default=None, ge=0)
    delay_seconds: float = Field(default=0, ge=0)
    times: int = Field(default=1, ge=1)

    @property
    def refuses(self) -> bool:
        """Whether an error answer is wanted."""
        return any(said is not None for said in (self.status, self.code, self.retry_after, self.back_off_ms))

    @property
    def only_delays(self) -> bool:
        return not (self.refuses or self.drop or self.cut_after_bytes is not None)

    def concerns(self, door: str, operation: str, mailboxes: Collection[str]) -> bool:
        if self.door != door or (self.operation is not None and self.operation != operation):
            return False
        return self.mailbox is None or self.mailbox.casefold() in {mailbox.casefold() for mailbox in mailboxes}


class FaultBook:
    """First written, first used; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[tuple[Fault, int]] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append((fault, fault.times))

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def pending(self) -> list[Fault]:
        """What has not been used up, with the `times` that are left."""
        with self._lock:
            return [fault.model_copy(update={"times": left}) for fault, left in self._faults]

    def next(self, door: Door, operation: str, mailbox: str | Collection[str] = ()) -> Fault | None:
        """The fault for this request, used up once. `mailbox`: the account, the mailbox it works in, or both."""
        if not self._faults:
            return None
        mailboxes = (mailbox,) if isinstance(mailbox, str) else mailbox
        with self._lock:
            for place, (fault, left) in enumerate(self._faults):
                if fault.concerns(door, operation, mailboxes):
                    self._faults[place : place + 1] = [(fault, left - 1)] if left > 1 else []
                    return fault
        return None
