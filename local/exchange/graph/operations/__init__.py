"""Every route of the Graph face: method, documented path without user prefix, permission, and the function that does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from local.exchange.graph.access import Need
from local.exchange.graph.ask import Answer, Ask
from local.exchange.graph.operations import (
    attachments,
    calendar_views,
    delta,
    events,
    folders,
    listing,
    meetings,
    messages,
    replies,
    sending,
    upload_sessions,
    users,
)
from local.exchange.graph.refusal import bad_request


class Route(NamedTuple):
    method: str
    path: str
    need: Need
    do: Callable[[Ask], Answer]

    @property
    def operation(self) -> str:
        """As faults and counts name it."""
        return f"{self.method} {self.path or '/'}"


_ROUTES = (
    Route("GET", "", "user", users.get_user),
    Route("POST", "/sendMail", "send", sending.send_mail),
    Route("GET", "/messages", "read", listing.list_messages),
    Route("POST", "/messages", "write", messages.create_message),
    Route("GET", "/messages/{id}", "read", messages.get_message),
    Route("PATCH", "/messages/{id}", "write", messages.update_message),
    Route("DELETE", "/messages/{id}", "write", messages.delete_message),
    Route("POST", "/messages/{id}/send", "send", sending.send_message),
    Route("POST", "/messages/{id}/move", "write", messages.move_message),
    Route("POST", "/messages/{id}/copy", "write", messages.copy_message),
    Route("POST", "/messages/{id}/createReply", "write", replies.create_reply),
    Route("POST", "/messages/{id}/createReplyAll", "write", replies.create_reply_all),
    Route("POST", "/messages/{id}/createForward", "write", replies.create_forward),
    Route("GET", "/messages/{id}/$value", "read", messages.get_mime),
    Route("GET", "/messages/{id}/attachments", "read", attachments.list_attachments),
    Route("POST", "/messages/{id}/attachments", "write", attachments.add_attachment),
    Route("POST", "/messages/{id}/attachments/createUploadSession", "write", upload_sessions.create_upload_session),
    Route("GET", "/messages/{id}/attachments/{id}", "read", attachments.get_attachment),
    Route("DELETE", "/messages/{id}/attachments/{id}", "write", attachments.delete_attachment),
    Route("GET", "/messages/{id}/attachments/{id}/$value", "read", attachments.get_content),
    Route("GET", "/mailFolders", "read", folders.list_folders),
    Route("POST", "/mailFolders", "write", folders.create_folder),
    Route("GET", "/mailFolders/{id}", "read", folders.get_folder),
    Route("PATCH", "/mailFolders/{id}", "write", folders.rename_folder),
    Route("DELETE", "/mailFolders/{id}", "write", folders.delete_folder),
    Route("GET", "/mailFolders/{id}/childFolders", "read", folders.list_folders),
    Route("POST", "/mailFolders/{id}/childFolders", "write", folders.create_folder),
    Route("GET", "/mailFolders/{id}/messages", "read", listing.list_messages),
    Route("POST", "/mailFolders/{id}/messages", "write", messages.create_message),
    Route("GET", "/mailFolders/{id}/messages/delta", "read", delta.changes),
    Route("GET", "/events", "calendars.read", events.list_events),
    Route("POST", "/events", "calendars.write", events.create_event),
    Route("GET", "/calendar/events", "calendars.read", events.list_events),
    Route("POST", "/calendar/events", "calendars.write", events.create_event),
    Route("GET", "/events/{id}", "calendars.read", events.get_event),
    Route("PATCH", "/events/{id}", "calendars.write", events.update_event),
    Route("DELETE", "/events/{id}", "calendars.write", events.delete_event),
    Route("GET", "/events/{id}/instances", "calendars.read", calendar_views.list_instances),
    Route("GET", "/calendarView", "calendars.read", calendar_views.list_calendar_view),
    Route("GET", "/calendar/calendarView", "calendars.read", calendar_views.list_calendar_view),
    Route("POST", "/events/{id}/cancel", "calendars.write", meetings.cancel_event),
    Route("POST", "/events/{id}/accept", "calendars.write", meetings.accept_event),
    Route("POST", "/events/{id}/tentativelyAccept", "calendars.write", meetings.tentatively_accept_event),
    Route("POST", "/events/{id}/decline", "calendars.write", meetings.decline_event),
    Route("GET", "/events/{id}/attachments", "calendars.read", attachments.list_attachments),
    Route("POST", "/events/{id}/attachments", "calendars.write", attachments.add_attachment),
    Route("POST", "/events/{id}/attachments/createUploadSession", "calendars.write", upload_sessions.create_upload_session),
    Route("GET", "/events/{id}/attachments/{id}", "calendars.read", attachments.get_attachment),
    Route("DELETE", "/events/{id}/attachments/{id}", "calendars.write", attachments.delete_attachment),
    Route("GET", "/events/{id}/attachments/{id}/$value", "calendars.read", attachments.get_content),
)  # fmt: skip


def find(method: str, segments: list[str]) -> tuple[Route, dict[str, str]]:
    """The route for what follows the user in a path, and the ids in it: `id`, and `part` for the second one. Raises GraphRefused."""
    wanted = [segment.removesuffix("()") for segment in segments]
    matching = [(route, ids) for route in _ROUTES if (ids := _ids(route.path, wanted)) is not None]
    for route, ids in matching:
        if route.method == method:
            return route, ids
    if matching:
        raise bad_request(f"The OData request is not supported: {method}.", "ErrorInvalidRequest")
    raise bad_request(f"Resource not found for the segment '{'/'.join(segments[-1:])}'.")


def _ids(path: str, segments: list[str]) -> dict[str, str] | None:
    names = path.split("/")[1:]
    if len(names) != len(segments):
        return None
    ids: list[str] = []
    for name, segment in zip(names, segments, strict=True):
        if name == "{id}":
            ids.append(segment)
        elif name.lower() != segment.lower():
            return None
    return dict(zip(("id", "part"), ids, strict=False))
