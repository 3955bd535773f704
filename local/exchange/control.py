"""The control routes: what tests and the tour may see and do behind the server's back, over plain HTTP on loopback."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from local.exchange.control_calendar import CalendarControl, event_json
from local.exchange.machinery import Machinery
from local.exchange.store import (
    Address,
    AutomaticReply,
    CalendarItem,
    Folder,
    Item,
    Mailbox,
    Refused,
    Rights,
    mime_in,
    mime_out,
    properties,
    voting,
)
from local.faults import Fault


class Control:
    """GET /mailboxes/{address}; POST, GET, DELETE /faults; GET /faults/next; GET, DELETE /requests; and what plays a user:

    POST /mailboxes/{address} {name, password}, PUT …/password {password}, PUT …/automaticReply {body, subject?} or null,
    POST …/folders {path}, PATCH …/folders {path, name}, DELETE …/folders {path}, POST …/sync/expire, PUT …/rights {account, fullAccess, sendAs,
    sendOnBehalf}, PUT …/transport {held?, rewritesMessageIds?}, POST …/messages (raw mail, ?folder=), GET …/messages?internetMessageId= (raw mail), POST …/votes
    {internetMessageId, option, comment?} (Outlook's voting button), GET /outbound; what plays an attendee is in control_calendar.py.
    """

    def __init__(self, machinery: Machinery) -> None:
        self._store = machinery.store
        self._faults = machinery.faults
        self._seen = machinery.seen

    def routes(self) -> Iterable[web.RouteDef]:
        one = "/mailboxes/{address}"
        return (
            web.get(one, self.show), web.post(one, self.add), web.put(f"{one}/password", self.change_password),
            web.put(f"{one}/automaticReply", self.switch_automatic_reply), web.put(f"{one}/rights", self.grant),
            web.put(f"{one}/transport", self.change_transport), web.post(f"{one}/messages", self.put_message),
            web.get(f"{one}/messages", self.raw_message),
            web.post(f"{one}/votes", self.vote), web.post(f"{one}/folders", self.add_folder), web.patch(f"{one}/folders", self.rename_folder),
            web.delete(f"{one}/folders", self.delete_folder), web.post(f"{one}/sync/expire", self.expire),
            web.post("/faults", self.add_fault), web.get("/faults", self.list_faults), web.delete("/faults", self.clear_faults),
            web.get("/faults/next", self.next_fault), web.get("/requests", self.list_requests),
            web.delete("/requests", self.clear_requests), web.get("/outbound", self.list_outbound),
            *CalendarControl(self._store).routes(),
        )  # fmt: skip

    async def show(self, request: web.Request) -> web.Response:
        mailbox = self._mailbox(request)
        with self._store.lock:
            folders = [_folder(folder) for folder in mailbox.top.descendants()]
        return web.json_response({"address": mailbox.address, "folders": folders})

    async def add(self, request: web.Request) -> web.Response:
        address, wanted = request.match_info["address"], await _json(request)
        self._store.add_mailbox(address, wanted.get("name", address), wanted["password"])
        return web.Response(status=201)

    async def change_password(self, request: web.Request) -> web.Response:
        self._mailbox(request).password = (await _json(request))["password"]
        return web.Response(status=204)

    async def switch_automatic_reply(self, request: web.Request) -> web.Response:
        mailbox, wanted = self._mailbox(request), await _json(request)
        mailbox.answered = set()
        mailbox.automatic_reply = AutomaticReply(wanted.get("subject", ""), wanted["body"]) if wanted else None
        return web.Response(status=204)

    async def grant(self, request: web.Request) -> web.Response:
        mailbox, wanted = self._mailbox(request), await _json(request)
        rights = Rights(*(bool(wanted.get(name)) for name in ("fullAccess", "sendAs", "sendOnBehalf")))
        mailbox.rights[wanted["account"].casefold()] = rights
        return web.Response(status=204)

    async def change_transport(self, request: web.Request) -> web.Response:
        mailbox, wanted, transport = self._mailbox(request), await _json(request), self._store.transport
        if "rewritesMessageIds" in wanted:
            transport.rewrite(mailbox.address, on=wanted["rewritesMessageIds"])
        if "held" in wanted:
            (transport.hold if wanted["held"] else transport.release)(mailbox.address)
        return web.Response(status=204)

    async def put_message(self, request: web.Request) -> web.Response:
        """A raw mail that lies in a folder from now on, as if it had been there or somebody had moved it in."""
        mailbox = self._mailbox(request)
        folder = mailbox.folder_at(request.query.get("folder", "Inbox"))
        mailbox.add(folder, mime_in.parse(await request.read()))
        return web.Response(status=201)

    async def raw_message(self, request: web.Request) -> web.Response:
        """A mail of the Inbox as its reader's program gets it."""
        item = self._in_inbox(self._mailbox(request), request.query["internetMessageId"])
        return web.Response(body=mime_out.as_bytes(item), content_type="message/rfc822")

    async def vote(self, request: web.Request) -> web.Response:
        """The mailbox's owner presses a voting button of a mail in the Inbox."""
        mailbox, wanted = self._mailbox(request), await _json(request)
        asked = self._in_inbox(mailbox, wanted["internetMessageId"])
        answer = voting.answer(asked, mailbox.owner, wanted["option"], wanted.get("comment", ""))
        self._store.transport.submit(answer, mailbox, mailbox.named["sentitems"])
        return web.Response(status=201)

    def _in_inbox(self, mailbox: Mailbox, message_id: str) -> Item:
        with self._store.lock:
            items = mailbox.named["inbox"].items.values()
            found = next((item for item in items if item.internet_message_id == message_id), None)
        if found is None:
            raise web.HTTPNotFound(text="no such mail in the Inbox")
        return found

    async def add_folder(self, request: web.Request) -> web.Response:
        self._mailbox(request).ensure_folder((await _json(request))["path"])
        return web.Response(status=201)

    async def rename_folder(self, request: web.Request) -> web.Response:
        mailbox, wanted = self._mailbox(request), await _json(request)
        mailbox.rename_folder(mailbox.folder_at(wanted["path"]), wanted["name"])
        return web.Response(status=204)

    async def delete_folder(self, request: web.Request) -> web.Response:
        mailbox, wanted = self._mailbox(request), await _json(request)
        mailbox.delete_folder(mailbox.folder_at(wanted["path"]))
        return web.Response(status=204)

    async def expire(self, request: web.Request) -> web.Response:
        """Every sync state and delta link that was handed out for this mailbox is refused from now on."""
        mailbox = self._mailbox(request)
        for log in (mailbox.hierarchy, *(folder.log for folder in mailbox.folders.values())):
            log.expire()
        return web.Response(status=204)

    async def add_fault(self, request: web.Request) -> web.Response:
        try:
            self._faults.add(Fault.model_validate(await _json(request)))
        except ValidationError as refused:
            return web.json_response({"errors": refused.errors(include_url=False, include_context=False)}, status=400)
        return web.Response(status=201)

    async def list_faults(self, _request: web.Request) -> web.Response:
        return web.json_response([_fault(fault) for fault in self._faults.pending()])

    async def clear_faults(self, _request: web.Request) -> web.Response:
        self._faults.clear()
        return web.Response(status=204)

    async def next_fault(self, request: web.Request) -> web.Response:
        wanted = request.query
        fault = self._faults.next(wanted["door"], wanted.get("operation", ""), wanted.get("mailbox", ""))  # type: ignore[arg-type]
        return web.Response(status=204) if fault is None else web.json_response(_fault(fault))

    async def list_requests(self, _request: web.Request) -> web.Response:
        return web.json_response(self._seen.as_json())

    async def clear_requests(self, _request: web.Request) -> web.Response:
        self._seen.clear()
        return web.Response(status=204)

    async def list_outbound(self, _request: web.Request) -> web.Response:
        return web.json_response(
            [{"recipient": left.recipient, "message": _message(left.item)} for left in self._store.transport.outbound]
        )

    def _mailbox(self, request: web.Request) -> Mailbox:
        mailbox = self._store.find_mailbox(request.match_info["address"])
        if mailbox is None:
            raise web.HTTPNotFound(text="no such mailbox")
        return mailbox


@web.middleware
async def refusals(request: web.Request, handler: Any) -> web.StreamResponse:
    """A caller's mistake is answered as one."""
    try:
        answer: web.StreamResponse = await handler(request)
    except Refused as refused:
        return web.json_response({"code": refused.code, "message": refused.message}, status=404)
    except KeyError as missing:
        return web.json_response({"code": "missing", "message": str(missing)}, status=400)
    return answer


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        found = await request.json()
    except ValueError:
        raise web.HTTPBadRequest(text="JSON expected") from None
    return found or {}


def _fault(fault: Fault) -> dict[str, Any]:
    return fault.model_dump(by_alias=True, exclude_none=True)


def _folder(folder: Folder) -> dict[str, Any]:
    items = tuple(folder.items.values())
    return {
        "path": folder.path,
        "messages": [_message(item) for item in items if not isinstance(item, CalendarItem)],
        "events": [event_json(item) for item in items if isinstance(item, CalendarItem)],
    }


def _message(item: Item) -> dict[str, Any]:
    return {
        "internetMessageId": item.internet_message_id,
        "subject": item.subject,
        "from": _address(item.from_),
        "to": [_address(address) for address in item.to],
        "cc": [_address(address) for address in item.cc],
        "bcc": [_address(address) for address in item.bcc],
        "isRead": item.is_read,
        "isDraft": item.is_draft,
        "categories": list(item.categories),
        "size": item.size,
        "receivedAt": properties.instant(item.received_at),
        "itemClass": item.item_class,
    }


def _address(address: Address | None) -> str | None:
    return None if address is None else address.address
