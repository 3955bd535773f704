"""A blob's path, ``<container>/<segment>/…``, and the paths that lead elsewhere than they seem to."""

from urllib.parse import quote


def container_and_name(path: str) -> tuple[str, str]:
    """Raises ValueError: callers' names are checked long before, so a bad path here is a bug."""
    container, _, name = path.partition("/")
    if not name or {"", ".", ".."} & set(path.split("/")):
        raise ValueError("a blob's path is <container>/<segment>/… without empty segments, . and ..")
    return container, name


def blob_address(service: str, path: str) -> str:
    """``service`` is the address of the account's blobs."""
    return f"{service}/{quote('/'.join(container_and_name(path)))}"
