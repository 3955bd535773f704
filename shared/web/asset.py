"""Files that pages refer to: the stylesheet, the script, the icon. Nothing else is ever read."""

from importlib.resources import files

from shared.errors import NotFound

TYPES = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
HEADERS = {"Cache-Control": "public, max-age=3600", "Cross-Origin-Resource-Policy": "same-origin"}


def read_asset(name: str) -> tuple[bytes, str]:
    """Content and media type. Raises NotFound."""
    if name not in TYPES:
        raise NotFound("There is no such file.")
    return files(__package__).joinpath("assets", name).read_bytes(), TYPES[name]
