"""A certificate authority made on the spot, one server certificate for loopback, and the bundle that clients trust.

The bundle holds the public authorities too: a real Exchange server can be used beside the stand-ins.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path

import certifi
import trustme

HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Certificates:
    """Paths of PEM files: the authority, the server's chain with its key, the public authorities and ours in one."""

    authority: Path
    server: Path
    bundle: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.server)
        return context


def make_certificates(folder: Path) -> Certificates:
    """Writes them into the folder, which is made if need be; the key can be read by its owner only."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA(organization_name="Exchange connector on one machine")
    server = authority.issue_cert(*HOSTS)
    made = Certificates(folder / "ca.pem", folder / "server.pem", folder / "bundle.pem")
    made.authority.write_bytes(authority.cert_pem.bytes())
    made.server.touch(mode=0o600)
    made.server.write_bytes(server.private_key_and_cert_chain_pem.bytes())
    made.bundle.write_bytes(Path(certifi.where()).read_bytes() + b"\n" + authority.cert_pem.bytes())
    return made
