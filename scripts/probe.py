"""Asks a deployed connector what only a deployment can show, with nothing but Python's own library.

It signs in as nobody and changes nothing: health answers, strangers are refused, and a forged principal is not believed.
Exit code 0 if all of it holds, 1 if not.
"""
# ruff: noqa: INP001  (a script, not a package)

import argparse
import base64
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass

_PROTECTED = "/api/organizations"
_CLAIMS = {
    "oid": "http://schemas.microsoft.com/identity/claims/objectidentifier",
    "tid": "http://schemas.microsoft.com/identity/claims/tenantid",
    "roles": "http://schemas.microsoft.com/ws/2008/06/identity/claims/role",
}


@dataclass(frozen=True)
class Answer:
    """``status`` 0: nobody answered."""

    status: int
    text: str


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def ask(url: str, headers: Mapping[str, str] | None = None) -> Answer:
    request = urllib.request.Request(url, headers=dict(headers or {}))  # noqa: S310  (main lets only http and https through)
    try:
        with _opener.open(request, timeout=60) as response:
            return Answer(response.status, response.read(65536).decode("utf-8", "replace"))
    except urllib.error.HTTPError as refused:
        with refused:
            return Answer(refused.code, refused.read(65536).decode("utf-8", "replace"))
    except OSError as exc:
        return Answer(0, str(exc))


def forged_principal(tenant: str) -> dict[str, str]:
    """What App Service would send for a platform administrator: an outsider must not get it through."""
    values = {"oid": "00000000-0000-0000-0000-00000000beef", "tid": tenant, "roles": "Connector.Administrator"}
    claims = [{"typ": name, "val": values[short]} for short, long in _CLAIMS.items() for name in (short, long)]
    principal = {"auth_typ": "aad", "claims": claims, "name_typ": "name", "role_typ": _CLAIMS["roles"]}
    return {
        "X-MS-CLIENT-PRINCIPAL": base64.b64encode(json.dumps(principal).encode()).decode(),
        "X-MS-CLIENT-PRINCIPAL-ID": values["oid"],
        "X-MS-CLIENT-PRINCIPAL-IDP": "aad",
    }


def _healthy(answer: Answer) -> bool:
    try:
        return answer.status == 200 and json.loads(answer.text).get("status") == "ok"  # noqa: PLR2004
    except (ValueError, AttributeError):
        return False


def await_health(base: str, seconds: float) -> Answer:
    """A first start takes a while: the package is mounted, roles spread."""
    ends = time.monotonic() + seconds
    while True:
        answer = ask(f"{base}/api/health")
        if _healthy(answer) or time.monotonic() >= ends:
            return answer
        time.sleep(min(5.0, max(0.0, ends - time.monotonic())))


def findings(base: str, tenant: str, wait: float) -> list[tuple[str, bool, str]]:
    """What was asked, whether it holds, what came."""
    health = await_health(base, wait)
    unsigned = ask(base + _PROTECTED)
    forged = ask(base + _PROTECTED, forged_principal(tenant))
    bearer = ask(base + _PROTECTED, {"Authorization": "Bearer forged.by.probe"})
    return [
        ("health answers", _healthy(health), _said(health)),
        ("an unsigned call is refused with 401", unsigned.status == 401, _said(unsigned)),  # noqa: PLR2004
        ("a forged principal header is stripped", forged.status == 401, _said(forged)),  # noqa: PLR2004
        ("a forged token is refused", bearer.status in {401, 403}, _said(bearer)),
    ]


def _said(answer: Answer) -> str:
    return f"HTTP {answer.status}" if answer.status else f"no answer: {answer.text}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="where the functions answer, without /api")
    parser.add_argument("--tenant", required=True, help="a tenant of TRUSTED_TENANTS: another one is refused anyway")
    parser.add_argument("--wait", type=float, default=0, help="seconds to wait for health")
    given = parser.parse_args(arguments)
    if not given.url.startswith(("https://", "http://")):
        parser.error("the URL has to start with https:// (or http:// on one machine)")
    found = findings(given.url.rstrip("/"), given.tenant, given.wait)
    for asked, holds, came in found:
        sys.stdout.write(f"{'ok  ' if holds else 'FAIL'}  {asked}: {came}\n")
    return 0 if all(holds for _, holds, _ in found) else 1


if __name__ == "__main__":
    sys.exit(main())
