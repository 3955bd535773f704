"""Mail comes in by SMTP: plain, no log-in, for mailboxes that exist here and nobody else."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from aiosmtpd.smtp import SMTP, Envelope, Session

from local.exchange.store import Store, mime_in, mime_out


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


async def serve(store: Store, pool: ThreadPoolExecutor, listening: socket.socket, size_limit: int) -> asyncio.Server:
    """Uses the socket that the caller bound, so that its port is known beforehand."""
    loop = asyncio.get_running_loop()
    door = Door(store, pool)

    def session() -> SMTP:
        return SMTP(
            door,
            data_size_limit=size_limit,
            enable_SMTPUTF8=True,
            decode_data=False,
            hostname="localhost",
            ident="Microsoft ESMTP MAIL Service",
            loop=loop,
        )

    return await loop.create_server(session, sock=listening)
