"""Mail comes in by SMTP: plain, no log-in, for mailboxes that exist here and nobody else."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from aiosmtpd.smtp import SMTP, Envelope, Session

from local.exchange.store import Store, mime_in, mime_out

_SHORTEST_LIMIT = 64 * 1024
_TURNS = 5  # of the loop, until what was closed is gone


class Door:
    """The handler that aiosmtpd calls."""

    def __init__(self, store: Store, pool: ThreadPoolExecutor) -> None:
        self._store = store
        self._pool = pool

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._store.find_mailbox(address) is None:
            return "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Recipient OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        loop = asyncio.get_running_loop()
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        number = await loop.run_in_executor(self._pool, self._deliver, content, session, envelope)
        return f"250 2.6.0 {number} Queued mail for delivery"

    def _deliver(self, content: bytes, session: Session, envelope: Envelope) -> str:
        now = self._store.clock()
        received = f"Received: from {session.host_name or 'unknown'} by mail.contoso.example with SMTP; {mime_out.date_of(now)}\r\n"
        item = mime_in.parse(received.encode("utf-8", "replace") + content)
        self._store.transport.receive(item, envelope.rcpt_tos)
        return item.internet_message_id or "<>"


class Incoming:
    """The listening server and the connections it holds, which `close` ends too."""

    def __init__(self, store: Store, pool: ThreadPoolExecutor, size_limit: int) -> None:
        self._door = Door(store, pool)
        self._size_limit = size_limit
        self._open: set[asyncio.BaseTransport] = set()
        self._server: asyncio.Server | None = None

    async def serve(self, listening: socket.socket) -> None:
        """Uses the socket that the caller bound, so that its port is known beforehand."""
        self._server = await asyncio.get_running_loop().create_server(self._connection, sock=listening)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for transport in tuple(self._open):
            transport.close()
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    def _connection(self) -> _Conversation:
        return _Conversation(self._door, self._size_limit, self._open)


class _Conversation(SMTP):  # type: ignore[misc]
    """Takes lines of any length: Exchange does, and some senders write a whole attachment in one."""

    def __init__(self, door: Door, size_limit: int, opened: set[asyncio.BaseTransport]) -> None:
        self.line_length_limit = max(size_limit, _SHORTEST_LIMIT) + _SHORTEST_LIMIT
        self._opened = opened
        super().__init__(
            door,
            data_size_limit=size_limit,
            enable_SMTPUTF8=True,
            decode_data=False,
            hostname="localhost",
            ident="Microsoft ESMTP MAIL Service",
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._opened.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._opened.discard(self.transport)
        super().connection_lost(error)
