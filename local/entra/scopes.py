"""What a `scope` parameter asks for: one resource and permissions on it."""

from dataclasses import dataclass

from local.entra.refusal import Refusal

GRAPH = "https://graph.microsoft.com"
OUTLOOK = "https://outlook.office365.com"

# Worldwide, US government (GCC High, DoD), China; what else this connector signs in to.
GRAPHS = frozenset(
    {
        GRAPH,
        "https://graph.microsoft.us",
        "https://dod-graph.microsoft.us",
        "https://microsoftgraph.chinacloudapi.cn",
    }
)
OUTLOOKS = frozenset(
    {
        OUTLOOK,
        "https://outlook.office.com",
        "https://outlook.office365.us",
        "https://outlook-dod.office365.us",
        "https://partner.outlook.cn",
    }
)
AZURE = frozenset({"https://vault.azure.net", "https://storage.azure.com", "https://management.azure.com"})
RESOURCES = GRAPHS | OUTLOOKS | AZURE

_SIGN_IN = frozenset({"openid", "profile", "offline_access", "email"})
_DEFAULT = ".default"


@dataclass(frozen=True, slots=True)
class Asked:
    """``permissions`` is empty where everything that was consented to is asked for (``.default``)."""

    resource: str
    permissions: frozenset[str]
    sign_in: frozenset[str]

    def scope(self, granted: frozenset[str]) -> str:
        """As the token answer has it: who asks for ``.default`` finds it among what was granted, and so in a cache of tokens."""
        names = sorted(granted) if self.permissions else [*sorted(granted), _DEFAULT]
        return " ".join([*(f"{self.resource}/{name}" for name in names), *sorted(self.sign_in)])


def asked(scope: str, *, tenant: str = "") -> Asked:
    """Raises Refusal for scopes of several or of unknown resources."""
    words = scope.split()
    named = [_split(word) for word in words if word not in _SIGN_IN]
    resources = {resource for resource, _ in named} or {GRAPH}
    if len(resources) > 1:
        raise Refusal(70011, "One token cannot be for several resources.")
    resource = resources.pop()
    if resource not in RESOURCES:
        raise Refusal(500011, resource, tenant)
    permissions = frozenset(name for _, name in named if name != _DEFAULT)
    return Asked(resource, permissions, frozenset(words) & _SIGN_IN)


def is_default(scope: str) -> bool:
    """Client credentials can ask for nothing but ``<resource>/.default``."""
    words = scope.split()
    return len(words) == 1 and _split(words[0])[1] == _DEFAULT


def _split(word: str) -> tuple[str, str]:
    """``https://graph.microsoft.com/Mail.Send``; a bare ``Mail.Send`` is Graph's; ``//`` stands for a closing slash."""
    resource, _, name = word.rpartition("/")
    return (resource.rstrip("/") or GRAPH, name)
