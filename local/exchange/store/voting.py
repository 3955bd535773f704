"""What Outlook sends when a voting button is pressed ([MS-OXOMSG] 3.2.4.6.3): a reply that carries the chosen option."""

from __future__ import annotations

from local.exchange.store import replies
from local.exchange.store.item import Address, Body, Item
from local.exchange.store.properties import VERB_RESPONSE


def answer(asked: Item, owner: Address, option: str, comment: str = "") -> Item:
    """Not sent yet. The option's name is the subject's prefix, and stands in PidLidVerbResponse."""
    draft = replies.reply(asked, owner, Body("HTML", f"<p>{comment}</p>" if comment else ""), to_all=False)
    draft.subject = f"{option}: {draft.conversation_topic}"
    draft.extended = {VERB_RESPONSE: option}
    return draft
