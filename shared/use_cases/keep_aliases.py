"""Writes down under which Message-ID a mail of ours went out: so that it is found by it, and for the action to show."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from shared.domain.action import Action
from shared.domain.alias import Alias, OwnCopy, alias_key
from shared.ports.records import AlreadyThere, Records, Stale

_MOST_REMEMBERED = 10_000


class KeepAliases:
    """What this process has kept it does not keep again: a look at Sent Items begins a little before the last one's end."""

    def __init__(self, *, actions: Records[Action], aliases: Records[Alias]) -> None:
        self._actions = actions
        self._aliases = aliases
        self._done: set[str] = set()

    def __call__(self, organization: str, copies: Sequence[OwnCopy]) -> list[datetime]:
        """Answers when those were sent that have to come again: their action is still at work and cannot be told yet."""
        fresh = [one for one in copies if not one.kept and one.internet_message_id not in self._done]
        return [one.sent_at for one in fresh if not self._keep(organization, one)]

    def knows(self, copies: Sequence[OwnCopy]) -> bool:
        """Whether there are any with an id of transport's own, and all of them were kept before."""
        names = [one.internet_message_id for one in copies if not one.kept]
        return bool(names) and self._done.issuperset(names)

    def _keep(self, organization: str, copy: OwnCopy) -> bool:
        name = copy.internet_message_id
        alias = Alias(
            organization=organization,
            action_id=copy.action_id,
            part=copy.part,
            internet_message_id=name,
            sent_at=copy.sent_at,
        )
        with suppress(AlreadyThere):
            self._aliases.create(organization, alias_key(name), alias)
        if not copy.part and not self._tell(organization, copy):
            return False
        if len(self._done) >= _MOST_REMEMBERED:
            self._done.clear()
        self._done.add(name)
        return True

    def _tell(self, organization: str, copy: OwnCopy) -> bool:
        """Never while the action is at work: whoever works on it would take our change for a rival's claim."""
        stored = self._actions.get(organization, copy.action_id)
        if stored is None or stored.value.internet_message_id == copy.internet_message_id:
            return True
        if not stored.value.finished:
            return False
        told = stored.value.model_copy(update={"internet_message_id": copy.internet_message_id})
        try:
            self._actions.replace(stored, told)
        except Stale:
            return False
        return True
