"""Removes secrets that no record names: what a failure between vault and table left behind. Deletes nothing in doubt."""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from shared.ports.clock import Clock
from shared.ports.vault import Vault

MINIMUM_AGE = timedelta(hours=24)
Named = Callable[[], Iterator[str]]
"""Every secret name in one table; complete, or it raises."""
_log = logging.getLogger(__name__)


class SweepSecrets:
    """``named`` lists every table that names secrets: whoever adds such a table adds it here."""

    def __init__(self, *, vault: Vault, clock: Clock, named: Sequence[Named]) -> None:
        self._vault = vault
        self._clock = clock
        self._named = named

    def __call__(self) -> int:
        """How many were removed. Raises NotNow without having removed anything that could still be in use.

        The vault lists this installation's secrets only. A secret is written before the record that names it, so a
        young one may be about to be named; the tables are listed twice, because one listing is one chance to miss a row.
        """
        oldest = self._clock.now() - MINIMUM_AGE
        orphans = {secret.name for secret in self._vault.secrets() if secret.created_at < oldest}
        for _ in range(2):
            if orphans:
                orphans -= self._names()
        for name in sorted(orphans):
            self._vault.delete(name)
        if orphans:
            _log.info("%d secrets that nothing names were removed", len(orphans))
        return len(orphans)

    def _names(self) -> set[str]:
        return {name for table in self._named for name in table()}
