"""ResolveNames: who of the directory is meant by a piece of a name or an address."""

from __future__ import annotations

from collections.abc import Iterator

from local.exchange.ews.addresses import mailbox_markup
from local.exchange.ews.answer import failure, success
from local.exchange.ews.markup import Element, boolean, find, is_true, tag, text_of
from local.exchange.ews.session import Session
from local.exchange.store import Mailbox, Refused

_MOST = 100


def resolve_names(request: Element, session: Session) -> Iterator[str]:
    wanted = text_of(find(request, "UnresolvedEntry")).strip().casefold().removeprefix("smtp:")
    found = [mailbox for mailbox in session.store.mailboxes.values() if _is_meant(mailbox, wanted)]
    full = is_true(request.get("ReturnFullContactData"))
    if not found:
        yield failure("ResolveNames", Refused("ErrorNameResolutionNoResults", "No results were found."))
        return
    shown = "".join(_resolution(mailbox, full=full) for mailbox in found[:_MOST])
    attributes = f'TotalItemsInView="{len(found)}" IncludesLastItemInRange="{boolean(len(found) <= _MOST)}"'
    answer = success("ResolveNames", f"<m:ResolutionSet {attributes}>{shown}</m:ResolutionSet>")
    yield answer if len(found) == 1 else _several(answer)


def _several(answer: str) -> str:
    """Several results are a warning."""
    return answer.replace(
        'ResponseClass="Success"><m:ResponseCode>NoError<',
        'ResponseClass="Warning"><m:MessageText>Multiple results were found.</m:MessageText><m:ResponseCode>ErrorNameResolutionMultipleResults<',
        1,
    )


def _is_meant(mailbox: Mailbox, wanted: str) -> bool:
    address = mailbox.address.casefold()
    return bool(wanted) and (
        address.startswith(wanted) or any(part.startswith(wanted) for part in mailbox.name.casefold().split())
    )


def _resolution(mailbox: Mailbox, *, full: bool) -> str:
    entry = mailbox_markup(mailbox.owner).replace("</t:Mailbox>", "<t:MailboxType>Mailbox</t:MailboxType></t:Mailbox>")
    contact = (
        f"<t:Contact>{tag('DisplayName', mailbox.name)}<t:ContactSource>ActiveDirectory</t:ContactSource></t:Contact>"
        if full
        else ""
    )
    return f"<t:Resolution>{entry}{contact}</t:Resolution>"
