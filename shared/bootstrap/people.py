"""What people manage: organizations, connections and their doctor, the status, secrets that nothing names."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from shared.bootstrap.actions import Actions

if TYPE_CHECKING:
    from shared.use_cases.examine_connection import ExamineConnection
    from shared.use_cases.manage_connections import ManageConnections
    from shared.use_cases.manage_organizations import ManageOrganizations, Purge
    from shared.use_cases.read_status import ReadStatus
    from shared.use_cases.sweep_secrets import SweepSecrets


class People(Actions):
    @cached_property
    def manage_organizations(self) -> "ManageOrganizations":
        from shared.use_cases.manage_organizations import ManageOrganizations

        return ManageOrganizations(
            enter=self.enter, organizations=self.organizations, clock=self.clock, purges=self.purges
        )

    @property
    def purges(self) -> "Sequence[Purge]":
        """What goes with an organization, in this order: nothing may be left that could start anew."""
        from functools import partial

        from shared.use_cases.purge_organization import purge_actions, purge_blobs, purge_records

        return (
            self.watch_uses.purge,
            self.manage_connections.purge,
            partial(purge_actions, self.actions, self.due),
            partial(purge_records, self.aliases),
            partial(purge_blobs, self.blobs),
        )

    @cached_property
    def manage_connections(self) -> "ManageConnections":
        from shared.domain.connection_form import Hosts
        from shared.use_cases.manage_connections import ManageConnections

        return ManageConnections(
            enter=self.enter,
            connections=self.connections,
            vault=self.vault,
            suspension=self.suspension,
            gate=self.account_gate,
            clock=self.clock,
            hosts=Hosts(self.settings.allowed_hosts, self.settings.online_hosts),
            uses=self.connection_uses,
        )

    @cached_property
    def examine_connection(self) -> "ExamineConnection":
        from shared.use_cases.examine_connection import MOST_IN_A_MINUTE, ExamineConnection
        from shared.use_cases.rate_limit import RateLimit

        return ExamineConnection(
            manage=self.manage_connections,
            connections=self.connections,
            exchange=self.exchange,
            access=self.access,
            gate=self.account_gate,
            suspension=self.suspension,
            clock=self.clock,
            limit=RateLimit(most=MOST_IN_A_MINUTE),
        )

    @cached_property
    def read_status(self) -> "ReadStatus":
        from shared.use_cases.read_status import ReadStatus

        return ReadStatus(
            enter=self.enter,
            connections=self.connections,
            actions=self.actions,
            watches=self.watches,
            show_watch=self.show_watch,
            queues=self.queues,
            clock=self.clock,
        )

    @property
    def secrets_named(self) -> "list[Callable[[], Iterator[str]]]":
        """Every table that names secrets has to be here: what is not named is deleted."""
        return [self.manage_connections.secret_names, self.watch_uses.secret_names]

    @cached_property
    def sweep_secrets(self) -> "SweepSecrets":
        from shared.use_cases.sweep_secrets import SweepSecrets

        return SweepSecrets(vault=self.vault, clock=self.clock, named=self.secrets_named)
