"""Watches as callers manage them: created, changed, deleted, shown with what they have seen so far."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from pydantic import ValidationError

from shared.domain.caller import Caller
from shared.domain.connection import Connection, can_be_followed
from shared.domain.etag import IfMatch, etag_of
from shared.domain.fields import field_errors
from shared.domain.permissions import Operation, requester
from shared.domain.server_address import host_of, port_of, url_errors
from shared.domain.watch import ToWebhook, Watch, WatchSettings, written
from shared.errors import Conflict, FieldError, InvalidRequest, NotFound, Rejected
from shared.ports.clock import Clock
from shared.ports.ledger import Ledger
from shared.ports.records import Page, Records, Stale, Stored
from shared.ports.vault import Vault
from shared.use_cases.organization_access import Entered, OrganizationAccess
from shared.use_cases.watch_suspension import NOT_FOLLOWED, WatchSuspension
from shared.use_cases.watched_folders import WatchedFolders

OLD_SECRET_SIGNS_FOR = timedelta(hours=24)
_TRIES = 5


class ManageWatches:
    def __init__(
        self,
        *,
        enter: OrganizationAccess,
        connections: Records[Connection],
        watches: Records[Watch],
        folders: WatchedFolders,
        ledger: Ledger,
        suspension: WatchSuspension,
        vault: Vault,
        clock: Clock,
        allowed_hosts: Sequence[str] = (),
    ) -> None:
        self._enter = enter
        self._connections = connections
        self._watches = watches
        self._folders = folders
        self._ledger = ledger
        self._suspension = suspension
        self._vault = vault
        self._clock = clock
        self._allowed_hosts = allowed_hosts

    def list(self, caller: Caller, organization: str, *, limit: int, continuation: str | None) -> Page[Watch]:
        self._enter(caller, organization, Operation.READ_WATCHES)
        return self._watches.list(organization, limit=limit, continuation=continuation)

    def one(
        self, caller: Caller, organization: str, watch_id: str, operation: Operation = Operation.READ_WATCHES
    ) -> Stored[Watch]:
        """Raises NotFound, Forbidden."""
        self._enter(caller, organization, operation)
        return self._get(organization, watch_id)

    def settings(self, caller: Caller, organization: str, document: dict[str, Any]) -> tuple[WatchSettings, Connection]:
        """A new watch's, checked in every respect. Raises InvalidRequest, NotFound, Forbidden, Rejected."""
        entered = self._enter(caller, organization, Operation.MANAGE_WATCHES)
        return self._checked(entered, document)

    def create(self, caller: Caller, organization: str, document: dict[str, Any]) -> Watch:
        settings, _ = self.settings(caller, organization, document)
        if isinstance(settings.deliver, ToWebhook) and settings.deliver.secret is None:
            raise InvalidRequest([FieldError("deliver.secret", "is required")])
        now = self._clock.now()
        moment = now.replace(microsecond=0)
        watch = Watch(
            id=str(uuid4()),
            organization=organization,
            settings=settings,
            secret_name=self._keep_secret(settings),
            start_from=settings.start_from or moment,
            begun_at=moment,
            created_by=caller.person,
            created_by_object_id=caller.object_id,
            created_at=now,
            updated_at=now,
        )
        # Before the record, so that no watch is without checks; after it, so that the watch is seen as a joining one.
        self._folders.join(watch)
        self._watches.create(organization, watch.id, watch)
        self._folders.join(watch)
        return watch

    def patch(
        self, caller: Caller, organization: str, watch_id: str, changes: dict[str, Any], if_match: IfMatch
    ) -> Watch:
        """A JSON merge patch. Raises InvalidRequest, NotFound, Forbidden, PreconditionFailed."""
        entered = self._enter(caller, organization, Operation.MANAGE_WATCHES)
        for _ in range(_TRIES):
            stored = self._get(organization, watch_id)
            if_match.check(etag(stored.value))
            settings, _ = self._checked(entered, merged(written(stored.value), changes), stored.value.settings)
            changed = self._changed(stored.value, settings, changes)
            if changed.settings.enabled:
                self._folders.join(changed)
            try:
                self._watches.replace(stored, changed)
            except Stale:
                continue
            self._after_change(stored.value, changed)
            return changed
        raise Conflict("The watch changes too often at this moment.")

    def delete(self, caller: Caller, organization: str, watch_id: str, if_match: IfMatch) -> None:
        self._enter(caller, organization, Operation.MANAGE_WATCHES)
        stored = self._get(organization, watch_id)
        if_match.check(etag(stored.value))
        self.remove(stored)

    def remove(self, stored: Stored[Watch]) -> None:
        """The lines before the record: a crash leaves a watch that can be deleted again."""
        current: Stored[Watch] | None = stored
        for _ in range(_TRIES):
            if current is None:
                return
            self._ledger.forget(current.key)
            try:
                self._watches.delete(current)
            except Stale:
                current = self._watches.get(stored.partition, stored.key)
                continue
            for name in (current.value.secret_name, current.value.old_secret_name):
                if name:
                    self._vault.delete(name)
            self._ledger.forget(current.key)
            return
        raise Conflict("The watch changes too often at this moment.")

    # --- checking

    def _get(self, organization: str, watch_id: str) -> Stored[Watch]:
        stored = self._watches.get(organization, watch_id) if _possible(watch_id) else None
        if stored is None:
            raise NotFound("There is no such watch.")
        return stored

    def _checked(
        self, entered: Entered, document: dict[str, Any], before: WatchSettings | None = None
    ) -> tuple[WatchSettings, Connection]:
        """Whoever may manage watches may change another's: only a new name or connection asks whose it may be."""
        try:
            settings = WatchSettings.model_validate(document)
        except ValidationError as exc:
            raise InvalidRequest(field_errors(exc, document)) from None
        if isinstance(settings.deliver, ToWebhook):
            errors = url_errors(settings.deliver.url, self._allowed_hosts, field="deliver.url")
            if errors:
                raise InvalidRequest(errors)
        found = self._connections.get(entered.organization.id, settings.connection_id)
        if found is None:
            raise NotFound("There is no such connection.")
        connection = found.value
        if not can_be_followed(connection):
            raise Rejected("not_supported", NOT_FOLLOWED, field="connectionId")
        if before and (before.requested_by, before.connection_id) == (settings.requested_by, settings.connection_id):
            return settings, connection
        person = requester(entered.organization, connection, entered.caller, settings.requested_by)
        return settings.model_copy(update={"requested_by": person}), connection

    # --- changing

    def _changed(self, watch: Watch, settings: WatchSettings, changes: dict[str, Any]) -> Watch:
        now = self._clock.now()
        before = watch.settings
        update: dict[str, Any] = {"settings": settings, "updated_at": now, **self._secrets(watch, settings, now)}
        moved = (settings.connection_id, settings.folder) != (before.connection_id, before.folder)
        if moved or (settings.enabled and not before.enabled) or settings.start_from != before.start_from:
            moment = now.replace(microsecond=0)
            asked = settings.start_from if "startFrom" in changes else None
            fresh = settings.model_copy(update={"start_from": asked})
            update |= {"settings": fresh, "start_from": asked or moment, "begun_at": moment, "joined": False}
        if "deliver" in changes:
            update["receiver_rests_until"] = None
        if watch.suspension and (moved or changes.get("enabled") or "deliver" in changes):
            update |= {"suspension": None, "turns": watch.turns + 1}
        return watch.model_copy(update=update)

    def _secrets(self, watch: Watch, settings: WatchSettings, now: datetime) -> dict[str, Any]:
        """A new secret gets a new name; the old one signs beside it for a while, but never for another host.

        What it signed for a new receiver, that one could play back to the old.
        """
        if not isinstance(settings.deliver, ToWebhook):
            return {"secret_name": None, "old_secret_name": None, "old_secret_until": None}
        moved = _receiver(watch.settings) != _receiver(settings)
        if settings.deliver.secret is None:
            if watch.secret_name is None:
                raise InvalidRequest([FieldError("deliver.secret", "is required")])
            if moved:
                words = "must be given again: the stored one was given for another host"
                raise InvalidRequest([FieldError("deliver.secret", words)])
            return {}
        fresh = self._keep_secret(settings)
        old = None if moved else watch.secret_name
        until = now + OLD_SECRET_SIGNS_FOR if old else None
        return {"secret_name": fresh, "old_secret_name": old, "old_secret_until": until}

    def _keep_secret(self, settings: WatchSettings) -> str | None:
        if not isinstance(settings.deliver, ToWebhook) or settings.deliver.secret is None:
            return None
        return self._vault.put(settings.deliver.secret.get_secret_value(), tags={"kind": "webhook"})

    def _after_change(self, before: Watch, after: Watch) -> None:
        kept = {after.secret_name, after.old_secret_name}
        for name in {before.secret_name, before.old_secret_name} - kept:
            if name:
                self._vault.delete(name)
        if before.suspension and after.suspension is None:
            self._suspension.tell_restored(before)
        if after.settings.enabled:
            self._folders.join(after)
            if before.suspension or not before.settings.enabled:
                self._suspension.resume(after)


def _receiver(settings: WatchSettings) -> tuple[str, int] | None:
    deliver = settings.deliver
    return (host_of(deliver.url), port_of(deliver.url)) if isinstance(deliver, ToWebhook) else None


def etag(watch: Watch) -> str:
    return etag_of({**written(watch), "secret": watch.secret_name})


def merged(document: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """RFC 7396: null removes, objects are merged. Another kind of ``deliver`` begins with nothing."""
    result = dict(document)
    for name, value in changes.items():
        there = result.get(name)
        other_kind = isinstance(value, dict) and isinstance(there, dict) and "type" in value
        if other_kind and value["type"] != there.get("type"):  # type: ignore[union-attr]
            there = None
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            result[name] = merged(there if isinstance(there, dict) else {}, value)
        else:
            result[name] = value
    return result


def _possible(watch_id: str) -> bool:
    return len(watch_id) == len(str(uuid4())) and set(watch_id) <= set("0123456789abcdef-")
