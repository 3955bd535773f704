"""Application settings as the platform reads them: names without case, ``:`` and ``__`` alike, ``%NAME%`` expanded."""

import re
from collections.abc import Iterator, Mapping

from local.azurite import ACCOUNT, KEY

_PLACEHOLDER = re.compile(r"%([^%]*)%")
_DEVELOPMENT_STORAGE = (
    f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
    f"BlobEndpoint=http://127.0.0.1:10000/{ACCOUNT};"
    f"QueueEndpoint=http://127.0.0.1:10001/{ACCOUNT};"
    f"TableEndpoint=http://127.0.0.1:10002/{ACCOUNT};"
)


class SettingWrong(Exception):
    """A setting, a line of host.json or a binding that the host cannot work with; the message names it."""


class AppSettings:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._values = {_canonical(name): value for name, value in environ.items()}

    def get(self, name: str, default: str = "") -> str:
        return self._values.get(_canonical(name), default)

    def below(self, prefix: str) -> Iterator[tuple[list[str], str]]:
        """Every setting ``prefix__a__b`` as ``(["a", "b"], value)``, in lower case."""
        start = _canonical(prefix) + "__"
        for name, value in self._values.items():
            if name.startswith(start):
                yield name.removeprefix(start).split("__"), value

    def expand(self, text: str) -> str:
        """Raises SettingWrong where a named setting is missing or empty."""
        return _PLACEHOLDER.sub(lambda found: self._required(found[1]), text)

    def connection_string(self, name: str) -> str:
        """Of a binding's ``connection``: the setting of that name, or of that name behind ``AzureWebJobs``."""
        name = name or "AzureWebJobsStorage"
        value = self.get(f"AzureWebJobs{name}") or self.get(name)
        if not value:
            raise SettingWrong(f"The setting {name} is missing: this host takes a connection string there.")
        return _DEVELOPMENT_STORAGE if "usedevelopmentstorage=true" in value.lower() else value

    def whole(self, name: str, default: int) -> int:
        """A positive whole number. Raises SettingWrong."""
        text = self.get(name) or str(default)
        if not text.isascii() or not text.isdigit() or int(text) < 1:
            raise SettingWrong(f"The setting {name} must be a positive whole number, not {text!r}.")
        return int(text)

    def _required(self, name: str) -> str:
        value = self.get(name)
        if not value:
            raise SettingWrong(f"The setting {name} is named by %{name}% and missing.")
        return value


def _canonical(name: str) -> str:
    return name.replace(":", "__").lower()
