"""Mailbox elements, read and written."""

from __future__ import annotations

from collections.abc import Iterable

from local.exchange.ews.markup import Element, children, find, tag, text_of
from local.exchange.store import Address


def address_of(mailbox: Element) -> Address:
    address = text_of(find(mailbox, "EmailAddress")).strip()
    return Address(text_of(find(mailbox, "Name")).strip() or address, address)


def addresses_of(element: Element) -> tuple[Address, ...]:
    return tuple(address_of(mailbox) for mailbox in children(element))


def single_of(element: Element) -> Address | None:
    mailbox = next(children(element), None)
    return None if mailbox is None else address_of(mailbox)


def mailbox_markup(address: Address) -> str:
    name = tag("Name", address.name or address.address)
    if not address.address:
        return f"<t:Mailbox>{name}</t:Mailbox>"
    return f"<t:Mailbox>{name}{tag('EmailAddress', address.address)}<t:RoutingType>SMTP</t:RoutingType></t:Mailbox>"


def mailboxes_markup(addresses: Iterable[Address]) -> str:
    return "".join(mailbox_markup(address) for address in addresses)
