"""A path of Graph without what it names: mailboxes, ids, folder names. What is not Graph's own word is ``{}``."""

_WORDS = frozenset(
    {
        "me",
        "users",
        "messages",
        "mailFolders",
        "childFolders",
        "attachments",
        "events",
        "calendar",
        "calendarView",
        "calendars",
        "instances",
        "delta",
        "$batch",
        "$value",
        "send",
        "reply",
        "replyAll",
        "forward",
        "createReply",
        "createReplyAll",
        "createForward",
        "createUploadSession",
        "move",
        "copy",
        "accept",
        "decline",
        "cancel",
        "categories",
        "outlook",
        "masterCategories",
        "mailboxSettings",
    }
)


def template(path: str) -> str:
    """``/v1.0/users/anna@…/messages/AAMk…/send`` -> ``/users/{}/messages/{}/send``."""
    segments = path.strip("/").removeprefix("v1.0").strip("/").split("/")
    return "".join(f"/{segment if segment in _WORDS else '{}'}" for segment in segments)
