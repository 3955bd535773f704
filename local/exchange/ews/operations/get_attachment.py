"""GetAttachment: a file's content, an attached item in full."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from local.exchange.ews.answer import each
from local.exchange.ews.attachment_markup import attachment_markup, content_markup
from local.exchange.ews.item_markup import item_markup
from local.exchange.ews.markup import Element, children, find, is_true, text_of
from local.exchange.ews.session import Session
from local.exchange.ews.shapes import Shape, shape_of


def get_attachment(request: Element, session: Session) -> Iterator[str]:
    shape = _shape(find(request, "AttachmentShape"))

    def answer(element: Element) -> str:
        root, attachment = session.attachment(element.get("Id", ""))
        if attachment.item is not None:
            content = item_markup(attachment.item, replace(shape, root=root))
        else:
            content = content_markup(attachment) if attachment.link is None else ""
        return f"<m:Attachments>{attachment_markup(root, attachment, content)}</m:Attachments>"

    return each("GetAttachment", children(find(request, "AttachmentIds")), answer)


def _shape(element: Element | None) -> Shape:
    """An attached item comes with all its properties, and with its raw mail if wanted."""
    wanted = shape_of(element) if element is not None else Shape()
    mime = element is not None and is_true(text_of(find(element, "IncludeMimeContent")))
    return replace(wanted, base="AllProperties", mime=mime)
