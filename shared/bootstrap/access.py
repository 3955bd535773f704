"""Who may enter, and how a mailbox is opened: permissions, suspension, lock-out safety, lanes."""

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from shared.bootstrap.outside import Outside

if TYPE_CHECKING:
    from shared.use_cases.account_gate import AccountGate
    from shared.use_cases.connection_suspension import ConnectionSuspension
    from shared.use_cases.mailbox_access import MailboxAccess
    from shared.use_cases.organization_access import OrganizationAccess


class Access(Outside):
    @cached_property
    def enter(self) -> "OrganizationAccess":
        from shared.use_cases.organization_access import OrganizationAccess

        return OrganizationAccess(organizations=self.organizations)

    @cached_property
    def suspension(self) -> "ConnectionSuspension":
        from shared.use_cases.connection_suspension import ConnectionSuspension

        return ConnectionSuspension(connections=self.connections, outbox=self.outbox, clock=self.clock)

    @cached_property
    def account_gate(self) -> "AccountGate":
        from shared.domain.account import PROOF_SECONDS
        from shared.use_cases.account_gate import AccountGate

        # Whoever proves a secret and dies holds up the others no longer than its own claim.
        proof = min(timedelta(seconds=PROOF_SECONDS), self.settings.action_claim)
        return AccountGate(accounts=self.accounts, clock=self.clock, second_try=self.settings.second_try, proof=proof)

    @cached_property
    def access(self) -> "MailboxAccess":
        from shared.use_cases.lanes import FirstOnes, Lanes
        from shared.use_cases.mailbox_access import MailboxAccess

        return MailboxAccess(
            connections=self.connections,
            exchange=self.exchange,
            vault=self.vault,
            gate=self.account_gate,
            suspension=self.suspension,
            lanes=Lanes(),
            first_ones=FirstOnes(),
        )
