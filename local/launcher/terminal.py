"""What a developer reads while the stack starts, runs and ends."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


class Terminal:
    """Plain lines, so that they read the same in a terminal and in a CI log."""

    def title(self, text: str) -> None:
        self._say(f"\n{text}")

    def note(self, text: str) -> None:
        self._say(f"  {text}")

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """One line when it is done, with the time that it took."""
        began = time.monotonic()
        yield
        self._say(f"  {what:<52} {time.monotonic() - began:5.1f} s")

    def ready(self, endpoints: Mapping[str, Any], where: str, logs: str) -> None:
        self.title("Ready. Ctrl-C ends it.")
        person = "anna@contoso.example"
        rows = {
            "pages for people": f"{endpoints['functions']}/api/manage",
            "functions": f"{endpoints['functions']}/api",
            "sign in": f"HTTP Basic, {person}, password {endpoints['people'][person]}",
            "Exchange (EWS)": endpoints["ews"],
            "Exchange (Graph)": endpoints["graph"],
            "mail comes in": f"smtp://{endpoints['smtp']}",
            "faults, mailboxes": endpoints["exchangeControl"],
            "for scripts": where,
            "logs": logs,
        }
        for name, value in rows.items():
            if value:
                self.note(f"{name:<18}{value}")

    def failed(self, text: str) -> None:
        self._say(f"\n{text}", error=True)

    def _say(self, text: str, *, error: bool = False) -> None:
        print(text, file=sys.stderr if error else sys.stdout, flush=True)
