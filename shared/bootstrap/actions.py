"""What processes ask of Exchange: accepting, performing, sweeping, retrying, reading actions."""

from functools import cached_property
from typing import TYPE_CHECKING

from shared.bootstrap.mail_in import MailIn

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.domain.action import Action
    from shared.use_cases.accept_action import AcceptAction
    from shared.use_cases.action_job import Performer, Performers
    from shared.use_cases.cancel_action import CancelAction
    from shared.use_cases.forget_actions import ForgetActions
    from shared.use_cases.perform_action import PerformAction
    from shared.use_cases.read_actions import ReadActions
    from shared.use_cases.record_poison import RecordPoison
    from shared.use_cases.reject_message import RejectMessage
    from shared.use_cases.retry_action import RetryAction
    from shared.use_cases.submit_action import SubmitAction
    from shared.use_cases.sweep_actions import SweepActions


class Actions(MailIn):
    @cached_property
    def accept_action(self) -> "AcceptAction":
        from shared.use_cases.accept_action import AcceptAction

        return AcceptAction(
            actions=self.actions,
            blobs=self.blobs,
            due=self.due,
            queues=self.queues,
            clock=self.clock,
            claim=self.settings.action_claim,
            grace=self.settings.sweep_grace,
        )

    @cached_property
    def reject_message(self) -> "RejectMessage":
        from shared.use_cases.reject_message import RejectMessage

        return RejectMessage(blobs=self.blobs, outbox=self.outbox, clock=self.clock)

    @property
    def performers(self) -> "Performers":
        """A later layer adds its own."""
        from shared.domain.action import ActionName

        return {ActionName.SEND_EMAIL: lambda: self.send_email}

    @cached_property
    def send_email(self) -> "Performer":
        from shared.use_cases.await_bounces import AwaitingBounces
        from shared.use_cases.send_email import SendEmail

        send_email = SendEmail(
            access=self.access,
            clock=self.clock,
            installation=self.installation,
            unanswered_wait=self.settings.unanswered_wait,
            lookup_wait=self.settings.lookup_wait,
        )
        return AwaitingBounces(send_email, self.await_bounces)

    @cached_property
    def perform_action(self) -> "PerformAction":
        from shared.use_cases.perform_action import PerformAction

        return PerformAction(
            accept=self.accept_action,
            reject=self.reject_message,
            actions=self.actions,
            organizations=self.organizations,
            connections=self.connections,
            blobs=self.blobs,
            due=self.due,
            queues=self.queues,
            outbox=self.outbox,
            clock=self.clock,
            performers=self.performers,
            claim=self.settings.action_claim,
            retry_first=self.settings.retry_first,
        )

    @cached_property
    def record_poison(self) -> "RecordPoison":
        from shared.use_cases.record_poison import RecordPoison

        return RecordPoison(
            accept=self.accept_action,
            reject=self.reject_message,
            actions=self.actions,
            due=self.due,
            queues=self.queues,
            outbox=self.outbox,
            clock=self.clock,
        )

    @cached_property
    def sweep_actions(self) -> "SweepActions":
        from shared.use_cases.sweep_actions import SweepActions

        return SweepActions(
            actions=self.actions,
            due=self.due,
            queues=self.queues,
            clock=self.clock,
            claim=self.settings.action_claim,
            grace=self.settings.sweep_grace,
        )

    @cached_property
    def forget_actions(self) -> "ForgetActions":
        from shared.use_cases.forget_actions import ForgetActions

        return ForgetActions(
            organizations=self.organizations,
            actions=self.actions,
            blobs=self.blobs,
            leases=self.leases,
            clock=self.clock,
            retention=self.settings.action_retention,
            in_use=lambda action: any(uses(action) for uses in self.action_uses),
        )

    @property
    def action_uses(self) -> "list[Callable[[Action], bool]]":
        """Who still needs an action's parameters, however old it is."""
        return []

    @cached_property
    def retry_action(self) -> "RetryAction":
        from shared.use_cases.retry_action import RetryAction

        return RetryAction(
            actions=self.actions,
            due=self.due,
            queues=self.queues,
            clock=self.clock,
            grace=self.settings.sweep_grace,
        )

    @cached_property
    def cancel_action(self) -> "CancelAction":
        from shared.use_cases.cancel_action import CancelAction

        return CancelAction(
            actions=self.actions,
            due=self.due,
            outbox=self.outbox,
            clock=self.clock,
            grace=self.settings.sweep_grace,
        )

    @cached_property
    def submit_action(self) -> "SubmitAction":
        from shared.use_cases.submit_action import SubmitAction

        return SubmitAction(enter=self.enter, connections=self.connections, accept=self.accept_action)

    @cached_property
    def read_actions(self) -> "ReadActions":
        from shared.use_cases.read_actions import ReadActions

        return ReadActions(enter=self.enter, actions=self.actions)
