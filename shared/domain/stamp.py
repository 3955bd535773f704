"""How what we send is known again: a marker property, and a Message-ID from which the action can be read back.

So an answer or a bounce finds its action by the Message-ID it refers to, without an index of everything ever sent.
Where transport gives mails other Message-IDs, the copy in Sent Items still has the marker (``domain.alias``).
"""

import hmac
import re
from base64 import b32decode, b32encode
from hashlib import sha256

from shared.domain.mail import Stamp

_OURS = re.compile(r"<ec\.([a-z2-7]+)\.([0-9a-f]{16})@[^<>@\s]+>")


def stamp(installation: str, organization: str, action_id: str, address: str, *, part: str = "") -> Stamp:
    """``part`` tells several mails of one action apart; ``address`` is the sender's, for the Message-ID's domain."""
    name = _name(organization, action_id, part)
    domain = address.rpartition("@")[2].encode("idna").decode() or "localhost"
    code = b32encode(name.encode()).decode().rstrip("=").lower()
    return Stamp(
        marker=marker_of(installation, organization, action_id, part=part),
        internet_message_id=f"<ec.{code}.{_seal(installation, name)}@{domain}>",
    )


def marker_of(installation: str, organization: str, action_id: str, *, part: str = "") -> str:
    name = _name(organization, action_id, part)
    return f"{name}/{_seal(installation, name)}"


def read_stamp(installation: str, internet_message_id: str) -> tuple[str, str, str] | None:
    """Organization, action id and part of a Message-ID that this installation made; None for any other."""
    found = _OURS.fullmatch(internet_message_id.strip())
    if not found:
        return None
    code = found[1].upper()
    try:
        name = b32decode(code + "=" * (-len(code) % 8)).decode()
    except ValueError:
        return None
    if not hmac.compare_digest(_seal(installation, name), found[2]):
        return None
    organization, action_id, part = name.split("/", 2)
    return organization, action_id, part


def read_marker(installation: str, marker: str) -> tuple[str, str, str] | None:
    """The same of a marker."""
    name, _, seal = marker.rpartition("/")
    if name.count("/") < 2 or not hmac.compare_digest(_seal(installation, name).encode(), seal.encode()):  # noqa: PLR2004
        return None
    organization, action_id, part = name.split("/", 2)
    return organization, action_id, part


def _name(organization: str, action_id: str, part: str) -> str:
    return f"{organization}/{action_id}/{part}"


def _seal(installation: str, name: str) -> str:
    return hmac.new(installation.encode(), name.encode(), sha256).hexdigest()[:16]
