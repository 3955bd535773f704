"""A certificate authority made on the spot, and one certificate for localhost that all stand-ins share."""

import ssl
from pathlib import Path
from typing import NamedTuple

import certifi
import trustme


class Certificates(NamedTuple):
    """`ca` and `server` are PEM files; `server` holds key and chain of a certificate for localhost, 127.0.0.1, ::1."""

    ca: Path
    server: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.server)
        return context

    @property
    def bundle(self) -> Path:
        return bundle_with_certifi(self.ca)


def make_certificates(directory: Path) -> Certificates:
    """Writes both files; the authority's own key is never written."""
    directory.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA(organization_name="Exchange connector on one machine")
    made = Certificates(directory / "ca.pem", directory / "server.pem")
    authority.cert_pem.write_to_path(str(made.ca))
    made.server.touch(mode=0o600)
    issued = authority.issue_cert("localhost", "127.0.0.1", "::1")
    issued.private_key_and_cert_chain_pem.write_to_path(str(made.server))
    return made


def bundle_with_certifi(ca: Path) -> Path:
    """A file beside `ca` with the public authorities and ours: a real server can be used beside the stand-ins."""
    bundle = ca.with_name("ca-bundle.pem")
    bundle.write_bytes(Path(certifi.where()).read_bytes() + b"\n" + ca.read_bytes())
    return bundle
