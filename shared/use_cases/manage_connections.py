"""Connections over their life. Table and vault stay consistent whatever fails in between.

A secret is written under a new name first; the record switches to it in one guarded write; the old one goes last.
What a failure leaves behind is a secret that no record names, and the sweep removes it.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from secrets import token_hex
from typing import Any, Protocol
from uuid import uuid4

from shared.domain.caller import Caller
from shared.domain.certificate import expiry
from shared.domain.connection import (
    Authentication,
    Connection,
    ConnectionState,
    ConnectionStatus,
    Discovered,
    Secret,
)
from shared.domain.connection_form import (
    SECRETS,
    ConnectionInput,
    ConnectionSummary,
    ConnectionView,
    Hosts,
    binds_anew,
    etag,
    fields_of,
    form_errors,
    read_form,
    stored_fields,
    summary,
    view,
    visits_anew,
)
from shared.domain.etag import IfMatch
from shared.domain.permissions import MAY, Operation, sees, sees_in_full
from shared.errors import Conflict, ConnectorError, FieldError, Forbidden, InvalidRequest, NotFound
from shared.ports.clock import Clock
from shared.ports.records import Records, Stale, Stored
from shared.ports.vault import Vault
from shared.use_cases.connection_suspension import ConnectionSuspension
from shared.use_cases.organization_access import Entered, OrganizationAccess

View = ConnectionView | ConnectionSummary
_TRIES = 5
_ROUNDS = 10
_log = logging.getLogger(__name__)


class ConnectionUses(Protocol):
    """What one kind of record does with a connection: watches, open surveys, future appointments."""

    def names(self, organization: str, connection_id: str) -> Sequence[str]:
        """In words, such as ``watch 0b6c…``."""
        ...

    def remove(self, organization: str, connection_id: str) -> None:
        """Idempotent."""
        ...


class Forgets(Protocol):
    def forget(self, connection: Connection) -> None:
        """The connection's secret is gone."""
        ...


class ManageConnections:
    def __init__(
        self,
        *,
        enter: OrganizationAccess,
        connections: Records[Connection],
        vault: Vault,
        suspension: ConnectionSuspension,
        gate: Forgets,
        clock: Clock,
        hosts: Hosts,
        uses: Sequence[ConnectionUses] = (),
    ) -> None:
        self._enter = enter
        self._connections = connections
        self._vault = vault
        self._suspension = suspension
        self._gate = gate
        self._clock = clock
        self._hosts = hosts
        self._uses = uses

    def list(
        self, caller: Caller, organization: str, *, limit: int, continuation: str | None
    ) -> tuple[list[View], str | None]:
        """A page may hold fewer than ``limit`` although there are more: then it has a continuation."""
        entered = self._enter(caller, organization, Operation.READ_CONNECTIONS)
        found: list[View] = []
        for _ in range(_ROUNDS):
            page = self._connections.list(organization, limit=limit - len(found), continuation=continuation)
            found += [self._shown(entered, stored.value) for stored in page.items if _visible(entered, stored.value)]
            continuation = page.continuation
            if continuation is None or len(found) == limit:
                break
        return found, continuation

    def read(self, caller: Caller, organization: str, connection: str) -> tuple[View, str]:
        """As the caller may see it, with its ETag. Raises NotFound, Forbidden."""
        entered = self._enter(caller, organization, Operation.READ_CONNECTIONS)
        stored = self._get(entered, connection)
        return self._shown(entered, stored.value), etag(stored.value)

    def admit(self, caller: Caller, organization: str) -> None:
        """Raises NotFound, Forbidden to whoever may not change connections here."""
        self._enter(caller, organization, Operation.MANAGE_CONNECTIONS)

    def changeable(self, caller: Caller, organization: str, connection: str) -> Stored[Connection]:
        """Raises NotFound, Forbidden."""
        return self._get(self._enter(caller, organization, Operation.MANAGE_CONNECTIONS), connection)

    def create(self, caller: Caller, organization: str, document: dict[str, Any]) -> Stored[Connection]:
        """Raises InvalidRequest, NotFound, Forbidden, NotNow."""
        entered = self._enter(caller, organization, Operation.MANAGE_CONNECTIONS)
        form = read_form(document, self._hosts)
        self._check(entered, form, form_errors(form, self._hosts))
        name = self._put(form.secret) if form.secret else None
        connection = self._fresh(entered, form, name)
        # A write whose answer got lost may have had its effect: the secret is not taken away from under it.
        return self._connections.create(organization, connection.id, connection)

    def draft(
        self, caller: Caller, organization: str, connection: str | None, document: dict[str, Any]
    ) -> tuple[Connection, Secret | None]:
        """What ``create`` or ``patch`` would store, and the secret that was given with it; nothing is written.

        A given secret has a name that nobody else will ever have. Raises what those two raise.
        """
        entered = self._enter(caller, organization, Operation.MANAGE_CONNECTIONS)
        if connection is None:
            form = read_form(document, self._hosts)
            self._check(entered, form, form_errors(form, self._hosts))
            return self._fresh(entered, form, _draft_name(form.secret)), form.secret
        before = self._get(entered, connection).value
        form = self._merged(entered, before, document)
        return self._changed(before, form, _draft_name(form.secret)), form.secret

    def uses(self, caller: Caller, organization: str, connection: str) -> Sequence[str]:
        """What hangs on a connection, in words. Raises NotFound, Forbidden."""
        self.changeable(caller, organization, connection)
        return [text for uses in self._uses for text in uses.names(organization, connection)]

    def patch(
        self, caller: Caller, organization: str, connection: str, changes: dict[str, Any], if_match: IfMatch
    ) -> Stored[Connection]:
        """A JSON merge patch. Raises InvalidRequest, NotFound, Forbidden, PreconditionFailed, NotNow."""
        entered = self._enter(caller, organization, Operation.MANAGE_CONNECTIONS)
        name: str | None = None
        for _ in range(_TRIES):
            stored = self._get(entered, connection)
            if_match.check(etag(stored.value))
            form = self._merged(entered, stored.value, changes)
            if form.secret and name is None:
                name = self._put(form.secret)
            try:
                return self._switch(stored, form, name)
            except Stale:
                continue
        raise Conflict("The connection changes too often at this moment.")

    def delete(self, caller: Caller, organization: str, connection: str, if_match: IfMatch, *, force: bool) -> None:
        """Raises Conflict ``connection_in_use``, NotFound, Forbidden, PreconditionFailed."""
        entered = self._enter(caller, organization, Operation.MANAGE_CONNECTIONS)
        stored = self._get(entered, connection)
        if_match.check(etag(stored.value))
        using = [text for uses in self._uses for text in uses.names(organization, connection)]
        if using and not force:
            raise Conflict(
                "The connection is in use; ?force=true deletes what uses it, too.", "connection_in_use", items=using
            )
        self.remove(stored)

    def remove(self, stored: Stored[Connection]) -> None:
        """With everything that uses it. What uses it goes first, the secret last: a crash leaves no record without secret."""
        for uses in self._uses:
            uses.remove(stored.partition, stored.key)
        current: Stored[Connection] | None = stored
        for _ in range(_TRIES):
            if current is None:
                return
            try:
                self._connections.delete(current)
            except Stale:
                current = self._connections.get(stored.partition, stored.key)
                continue
            self._forget(current.value)
            return
        raise Conflict("The connection changes too often at this moment.")

    def purge(self, organization: str) -> None:
        """Every connection of an organization that is being deleted."""
        while items := self._connections.list(organization, limit=200).items:
            for stored in items:
                self.remove(stored)

    def secret_names(self) -> Iterator[str]:
        """Of every connection, for the sweep of orphans: complete, or it raises."""
        for stored in self._connections.everywhere():
            if stored.value.secret_name:
                yield stored.value.secret_name

    # --- steps

    def _shown(self, entered: Entered, connection: Connection) -> View:
        now = self._clock.now()
        return view(connection, now) if sees_in_full(entered.standing) else summary(connection, now)

    def _get(self, entered: Entered, connection: str) -> Stored[Connection]:
        stored = self._connections.get(entered.organization.id, connection) if _possible(connection) else None
        if stored is None or not _visible(entered, stored.value):
            raise NotFound("There is no such connection.")
        return stored

    def _merged(self, entered: Entered, connection: Connection, changes: dict[str, Any]) -> ConnectionInput:
        """The form as it would be after the change (RFC 7396)."""
        before = fields_of(connection)
        document = {name: value for name, value in {**before, **changes}.items() if value is not None}
        form = read_form(document, self._hosts, secret_kept=True)
        if form.type is not connection.type:
            raise InvalidRequest([FieldError("type", "cannot be changed")])
        bound_anew = binds_anew(before, fields_of_form(form))
        removed = changes.get(SECRETS.get(form.authentication, ""), "") is None
        errors = form_errors(form, self._hosts, secret_kept=not bound_anew and not removed)
        self._check(entered, form, [_asked_again(error, form) if bound_anew else error for error in errors])
        return form

    def _check(self, entered: Entered, form: ConnectionInput, errors: Sequence[FieldError]) -> None:
        if errors:
            raise InvalidRequest(errors)
        if form.authentication is not Authentication.MANAGED_IDENTITY:
            return
        if entered.standing not in MAY[Operation.USE_MANAGED_IDENTITY]:
            raise Forbidden("Only platform administrators let a connection use the connector's managed identity.")
        mailboxes = {mailbox.casefold() for mailbox in entered.organization.managed_identity_mailboxes}
        if (form.mailbox or "").casefold() not in mailboxes:
            raise InvalidRequest([FieldError("mailbox", "must be one of the organization's managedIdentityMailboxes")])

    def _put(self, secret: Secret) -> str:
        return self._vault.put(secret.revealed(), tags={"holds": "connection"})

    def _fresh(self, entered: Entered, form: ConnectionInput, name: str | None) -> Connection:
        now, caller = self._clock.now(), entered.caller
        return Connection(
            **stored_fields(form),
            id=str(uuid4()),
            organization=entered.organization.id,
            secret_name=name,
            secret_changed_at=now if name else None,
            status=ConnectionStatus(since=now, secret_expires_at=expiry(form.secret)),
            created_by=caller.person,
            created_by_object_id=caller.object_id,
            created_at=now,
            updated_at=now,
        )

    def _changed(self, before: Connection, form: ConnectionInput, name: str | None) -> Connection:
        """As it would be after the change. ``name``: of a new secret, None where the old one stays."""
        now = self._clock.now()
        fields = stored_fields(form)
        keeps_secret = name is None and form.authentication in SECRETS
        changed = before.model_copy(
            update={
                **fields,
                "secret_name": before.secret_name if keeps_secret else name,
                "secret_changed_at": before.secret_changed_at if keeps_secret else now if name else None,
                "updated_at": now,
            }
        )
        if visits_anew(before, changed):
            changed = changed.model_copy(update={"discovered": Discovered()})
        if _is_bound_anew(before, changed):
            status = before.status.model_copy(update={"secret_expires_at": expiry(form.secret)})
            if status.state is not ConnectionState.SUSPENDED:
                status = ConnectionStatus(since=now, secret_expires_at=status.secret_expires_at)
            changed = changed.model_copy(update={"status": status})
        return changed

    def _switch(self, stored: Stored[Connection], form: ConnectionInput, name: str | None) -> Stored[Connection]:
        """One guarded write; afterwards the old secret is nobody's. Raises Stale."""
        before, changed = stored.value, self._changed(stored.value, form, name)
        written = self._connections.replace(stored, changed)
        if _is_bound_anew(before, changed):
            self._forget(before)
            written = self._lifted(written)
        return written

    def _lifted(self, stored: Stored[Connection]) -> Stored[Connection]:
        if stored.value.status.state is ConnectionState.SUSPENDED:
            cause = stored.value.secret_name or stored.value.updated_at.isoformat()
            self._suspension.lift(stored, ConnectionState.UNTESTED, cause=cause)
            return self._connections.get(stored.partition, stored.key) or stored
        return stored

    def _forget(self, connection: Connection) -> None:
        """The secret of a record that names it no more. Failing is no failure: the sweep comes by."""
        try:
            self._gate.forget(connection)
            if connection.secret_name:
                self._vault.delete(connection.secret_name)
        except ConnectorError as exc:
            _log.warning("the old secret of connection %s stays for the sweep: %s", connection.id, exc.code)


def _possible(connection: str) -> bool:
    """What has another form is no key of any record, and is not asked for."""
    return re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", connection) is not None


def _visible(entered: Entered, connection: Connection) -> bool:
    return sees(entered.organization, connection, entered.caller, entered.standing)


def _is_bound_anew(before: Connection, after: Connection) -> bool:
    return after.secret_name != before.secret_name or binds_anew(fields_of(before), fields_of(after))


def _draft_name(secret: Secret | None) -> str | None:
    return f"draft-{token_hex(16)}" if secret else None


def fields_of_form(form: ConnectionInput) -> dict[str, Any]:
    return form.model_dump(mode="json", exclude={"password", "client_secret", "certificate", "certificate_password"})


def _asked_again(error: FieldError, form: ConnectionInput) -> FieldError:
    if error.field != SECRETS.get(form.authentication) or error.message != "is required":
        return error
    why = "must be given again: the stored one was given for another host, account, way of signing in or mailbox"
    return FieldError(error.field, why)
