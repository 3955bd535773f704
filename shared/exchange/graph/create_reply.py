"""message: createReply, createReplyAll, createForward, https://learn.microsoft.com/graph/api/message-createreply."""

from shared.domain.reply import ReplyMode
from shared.exchange.graph.wire import Json, Step, segment

_NAMES = {
    ReplyMode.REPLY: "createReply",
    ReplyMode.REPLY_ALL: "createReplyAll",
    ReplyMode.FORWARD: "createForward",
}


def create_reply(message_id: str, mode: ReplyMode, message: Json, comment: str) -> Step:
    """Answers the draft: recipients, quotation and conversation of the original, changed by ``message``."""
    return Step("POST", f"/messages/{segment(message_id)}/{_NAMES[mode]}", {"message": message, "comment": comment})
