"""Which servers a user may name, and to which addresses we connect: a URL in a form must never reach inside.

Two questions, asked at two moments: ``url_errors`` when a URL is saved (its form and its host's name), and
``acceptable_address`` each time its name has been resolved. Resolving itself is not known here.
"""

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

import idna

from shared.errors import FieldError

MAX_URL = 2048
HTTPS_PORT = 443
MICROSOFT_HOSTS = (
    "outlook.office365.com",
    "outlook.office.com",
    "outlook.office365.us",
    "outlook-dod.office365.us",
    "webmail.apps.mil",
    "partner.outlook.cn",
    "outlook.office.de",
)
"""Where Exchange Online answers, in all of Microsoft's clouds, unless EXCHANGE_ONLINE_HOSTS says otherwise."""

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\^`{}|<>\"]")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")


# --- when a URL is saved -----------------------------------------------------------------------------------------------


def url_errors(url: str, allowed_hosts: Sequence[str], *, field: str = "url") -> list[FieldError]:
    """What is wrong with a URL that a user gave us; nothing is looked up."""
    reason = _refusal(url, allowed_hosts)
    return [FieldError(field, reason)] if reason else []


def host_of(url: str) -> str:
    """In lower case and in the form of the DNS, an IPv6 address without brackets. Raises ValueError."""
    host = urlsplit(url).hostname
    if not host:
        raise ValueError("has no host")
    return _dns_name(host)


def port_of(url: str) -> int:
    """Raises ValueError."""
    port = urlsplit(url).port
    return HTTPS_PORT if port is None else port


def _refusal(url: str, allowed_hosts: Sequence[str]) -> str | None:
    if len(url) > MAX_URL:
        return f"must have at most {MAX_URL} characters"
    if _FORBIDDEN.search(url):
        return "must not contain spaces, control characters or backslashes"
    try:
        parts = urlsplit(url)
        host, port = host_of(url), port_of(url)
    except ValueError:
        return "is not a URL with a host, such as https://mail.contoso.example/EWS/Exchange.asmx"
    return _wrong_form(url, parts) or _wrong_host(host, allowed_hosts) or _wrong_port(host, port, allowed_hosts)


def _wrong_form(url: str, parts: SplitResult) -> str | None:
    if parts.scheme != "https":
        return "must begin with https://"
    if "@" in parts.netloc:
        return "must not contain a user name or password"
    if "#" in url:
        return "must not contain a fragment (#)"
    return None


def _wrong_host(host: str, allowed_hosts: Sequence[str]) -> str | None:
    if is_literal(host):
        return None if named_in_full(host, allowed_hosts) else "must name a host, not an address"
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in host.split(".")):  # noqa: PLR2004 - RFC 1035
        return "has no valid host name"
    if allowed_hosts and not _listed(host, allowed_hosts):
        return "names a host that this installation does not allow (EXCHANGE_ALLOWED_HOSTS)"
    return None


def _wrong_port(host: str, port: int, allowed_hosts: Sequence[str]) -> str | None:
    if port == HTTPS_PORT or (port > 0 and named_in_full(host, allowed_hosts)):
        return None
    return "must use port 443"


def is_literal(host: str) -> bool:
    """An address in any spelling that some resolver takes for one: dotted, short, decimal, octal, hex, IPv6."""
    return ":" in host or _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]) is not None


def _dns_name(host: str) -> str:
    if ":" in host:
        if "%" in host:
            raise ValueError("has a zone")
        return host.lower()
    if "%" in host or host.endswith("."):
        raise ValueError("is not a host name")
    return _ascii(host)


def _ascii(host: str) -> str:
    try:
        return idna.encode(host, uts46=True).decode("ascii").lower()
    except idna.IDNAError:
        if host.isascii():  # underscores and the like: what is allowed is decided by the caller
            return host.lower()
        raise ValueError("is not a host name") from None


# --- the list ----------------------------------------------------------------------------------------------------------


def named_in_full(host: str, allowed_hosts: Sequence[str]) -> bool:
    """Listed without a glob; only then are other ports, literal addresses and loopback admitted."""
    return any(_plain(entry) == host.lower() for entry in allowed_hosts if not _is_glob(entry))


def _listed(host: str, allowed_hosts: Sequence[str]) -> bool:
    return any(fnmatchcase(host, _plain(entry)) for entry in allowed_hosts)


def _is_glob(entry: str) -> bool:
    return any(sign in entry for sign in "*?") or ("[" in entry and ":" not in entry)


def _plain(entry: str) -> str:
    return entry.lower().strip("[]") if ":" in entry else entry.lower()


# --- each time a name was resolved -------------------------------------------------------------------------------------

_NEVER = tuple(
    ip_network(net)
    for net in (
        "0.0.0.0/8",
        "169.254.0.0/16",  # link-local, with the metadata service of every cloud
        "168.63.129.16/32",  # Azure's wire server: a public address that answers only from inside
        "224.0.0.0/4",
        "240.0.0.0/4",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
        "fd00:ec2::254/128",
        "::/128",
    )
)
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = IPv6Network("::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)


def acceptable_address(ip: str, host: str, allowed_hosts: Sequence[str]) -> bool:
    """Whether we connect to this address of this host: public ones; private ones of listed hosts; loopback of named ones.

    An IPv6 address that carries an IPv4 address is judged by both.
    """
    try:
        outer = ip_address(ip)
    except ValueError:
        return False
    return all(_acceptable(address, host, allowed_hosts) for address in (outer, *_carried(outer)))


def _acceptable(address: IPv4Address | IPv6Address, host: str, allowed_hosts: Sequence[str]) -> bool:
    if any(address in net for net in _NEVER):
        return False
    if address.is_loopback:
        return named_in_full(host, allowed_hosts)
    if allowed_hosts:
        return named_in_full(host, allowed_hosts) or (not is_literal(host) and _listed(host, allowed_hosts))
    return address.is_global or (isinstance(address, IPv6Address) and bool(tuple(_carried(address))))


def _carried(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address]:
    """IPv4 addresses inside: mapped, compatible, 6to4, Teredo, NAT64, ISATAP."""
    if isinstance(address, IPv4Address):
        return
    low = IPv4Address(int(address) & 0xFFFFFFFF)
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    if any(address in net for net in _NAT64) or (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        yield low
    if address in _COMPATIBLE and int(address) > 1:
        yield low
