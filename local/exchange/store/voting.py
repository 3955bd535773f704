"""What Outlook sends when a voting button is pressed ([MS-OXOMSG] 3.2.4.6.3): a reply that carries the chosen option."""

from __future__ import annotations

import secrets

from local.exchange.store.item import Body, Item
from local.exchange.store.properties import VERB_RESPONSE


def answer(asked: Item, option: str, comment: str = "") -> Item:
    """Not sent yet. The option's name is the subject's prefix, and stands in PidLidVerbResponse."""
    refers = [*(asked.references or "").split(), asked.internet_message_id or ""]
    return Item(
        subject=f"{option}: {asked.conversation_topic or asked.subject}",
        body=Body("HTML", f"<html><body><p>{comment}</p></body></html>" if comment else ""),
        to=asked.reply_to or ((asked.from_,) if asked.from_ else ()),
        in_reply_to=asked.internet_message_id,
        references=" ".join(filter(None, refers)) or None,
        conversation_topic=asked.conversation_topic,
        # a reply's index is its parent's with five bytes more, [MS-OXOMSG] 2.2.1.3
        conversation_index=asked.conversation_index + secrets.token_bytes(5),
        extended={VERB_RESPONSE: option},
    )
