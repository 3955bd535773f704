"""Renders a page. Whatever is put into a template is escaped; a name that a template does not get is an error."""

from functools import cache
from typing import TYPE_CHECKING, Any

from shared.web.language import Words

if TYPE_CHECKING:
    from jinja2 import Environment

CONTENT_TYPE = "text/html; charset=utf-8"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Vary": "Accept-Language",
}
"""For every page: nothing from elsewhere, no script at all, nowhere in a frame, in no index, in no Referer."""

WITH_SCRIPT = {
    **HEADERS,
    "Content-Security-Policy": HEADERS["Content-Security-Policy"] + "; script-src 'self'; connect-src 'self'",
    "Vary": "Accept-Language, Cookie",
}
"""For pages behind the sign-in: our own script makes them smoother."""


def render(template: str, words: Words, **values: Any) -> str:
    return _environment().get_template(template).render(words=words, language=words.language, **values)


def render_part(template: str, part: str, words: Words, **values: Any) -> str:
    """One macro of a template, called with ``values``."""
    module = _environment().get_template(template).make_module({"words": words, "language": words.language})
    return str(getattr(module, part)(**values))


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("shared.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
