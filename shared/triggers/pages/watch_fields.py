"""The fields of the watch form and the document that they make."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.domain.instants import instant_text
from shared.errors import FieldError, InvalidRequest
from shared.triggers.pages.form import Sent, flat

SECRETS = ("deliver.secret",)
PATTERNS = ("from", "to", "toOrCc", "subjectContains", "bodyContains", "attachmentNames", "categories")
NAMES = (
    "displayName",
    "enabled",
    "connectionId",
    "requestedBy",
    "processId",
    "folder",
    *(f"filter.{name}" for name in (*PATTERNS, "importance", "hasAttachments", "unreadOnly")),
    "attachments",
    "perAttachment",
    "original",
    "afterwards",
    "afterwards.markAsRead",
    "afterwards.addCategory",
    "afterwards.moveTo",
    "afterwards.delete",
    "onFailure.moveTo",
    "ignoreAutomatic",
    "startFrom",
    "every",
    "deliver.type",
    "deliver.url",
    "deliver.secret",
)
_LOCAL = "%Y-%m-%dT%H:%M:%S"


def document(sent: Sent, zone: str) -> dict[str, Any]:
    """As ``POST …/watches`` takes it. Raises InvalidRequest for a date that is none."""
    whole: dict[str, Any] = _without_nothing(_written(sent))
    return whole | _start(sent, zone)


def changes(sent: Sent, zone: str) -> dict[str, Any]:
    """As ``PATCH …/watches/{w}`` takes it: what is empty now is removed."""
    start = _start(sent, zone)
    if sent.text("startFrom") != sent.text("startFrom.was"):
        return {**_written(sent), "startFrom": start.get("startFrom")}
    return _written(sent)


def values(settings: dict[str, Any], zone: str) -> dict[str, str]:
    """Stored settings as fields; an instant in the reader's zone."""
    shown = flat(settings)
    if start := shown.pop("startFrom", ""):
        shown["startFrom"] = datetime.fromisoformat(start).astimezone(ZoneInfo(zone)).strftime(_LOCAL)
    for name in ("enabled", "ignoreAutomatic"):
        if settings.get(name) is False:
            shown.pop(name, None)
    if (has := settings.get("filter", {}).get("hasAttachments")) is not None:
        shown["filter.hasAttachments"] = "true" if has else "false"
    return shown


def _written(sent: Sent) -> dict[str, Any]:
    webhook = sent.text("deliver.type") == "webhook"
    secret = sent.text("deliver.secret")
    has = sent.text("filter.hasAttachments")
    return {
        "displayName": sent.text("displayName"),
        "enabled": sent.flag("enabled"),
        "connectionId": sent.text("connectionId"),
        "processId": sent.text("processId"),
        "folder": sent.text("folder") or "Inbox",
        "filter": {
            **{name: sent.lines(f"filter.{name}") for name in PATTERNS},
            "importance": sent.all("filter.importance"),
            "hasAttachments": has == "true" if has else None,
            "unreadOnly": sent.flag("filter.unreadOnly"),
        },
        "attachments": sent.text("attachments") or "files",
        "perAttachment": sent.flag("perAttachment"),
        "original": sent.flag("original"),
        "afterwards": {
            "markAsRead": sent.flag("afterwards.markAsRead"),
            "addCategory": sent.text("afterwards.addCategory") or None,
            "moveTo": sent.text("afterwards.moveTo") or None,
            "delete": sent.flag("afterwards.delete"),
        },
        "onFailure": {"moveTo": sent.text("onFailure.moveTo") or None},
        "ignoreAutomatic": sent.flag("ignoreAutomatic"),
        "every": sent.text("every") or None,
        "deliver": {"type": "webhook", "url": sent.text("deliver.url"), **({"secret": secret} if secret else {})}
        if webhook
        else {"type": "queue"},
    }


def _start(sent: Sent, zone: str) -> dict[str, str]:
    if not (text := sent.text("startFrom")):
        return {}
    try:
        local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        raise InvalidRequest([FieldError("startFrom", "is not a date and time")]) from None
    return {"startFrom": instant_text(local)}


def _without_nothing(document: dict[str, Any]) -> dict[str, Any]:
    kept = {name: _without_nothing(value) if isinstance(value, dict) else value for name, value in document.items()}
    return {name: value for name, value in kept.items() if value is not None and value != []}
