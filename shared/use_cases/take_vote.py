"""An answer that came by mail: by Outlook's button or in words. Who cannot be understood is told once what is expected."""

import logging
from contextlib import suppress

from shared.domain.action import ActionName
from shared.domain.cast_vote import Known, Taken
from shared.domain.classification import MailClass, classify
from shared.domain.connection import Connection
from shared.domain.mail import Address, DraftRef, OutgoingMail, OutgoingState, ReceivedMail
from shared.domain.stamp import stamp
from shared.domain.survey import Ballot, Survey, Vote
from shared.domain.survey_mail import explanation, explanation_subject
from shared.domain.survey_part import Errand, part, recipient_number
from shared.domain.vote_words import read_answer
from shared.errors import ConnectorError, Rejected
from shared.ports.ballots import Ballots
from shared.ports.mailbox import Mailbox
from shared.ports.records import Stale
from shared.use_cases.mail_errand import send_errors
from shared.use_cases.recognize_mail import RecognizeMail
from shared.use_cases.record_vote import Recorded, RecordVote
from shared.use_cases.tell_survey import TellSurvey

_log = logging.getLogger(__name__)
_QUIET = (("x-auto-response-suppress", "All"),)


class TakeVote:
    """A handler of special mails: does nothing the second time, and leaves alone what is no answer to a survey."""

    def __init__(
        self, *, recognize: RecognizeMail, record: RecordVote, ballots: Ballots, tell: TellSurvey, installation: str
    ) -> None:
        self._recognize = recognize
        self._record = record
        self._ballots = ballots
        self._tell = tell
        self._installation = installation

    def __call__(self, connection: Connection, mailbox: Mailbox, mail: ReceivedMail) -> None:
        origin = self._recognize.answered(connection, mail.head)
        number = recipient_number(origin.part) if origin and origin.action == ActionName.SEND_SURVEY else None
        if origin is None or number is None or classify(mail.head) is not MailClass.ORDINARY:
            return
        if origin.connection_id != connection.id and self._recognize.same_mailbox(connection, origin):
            return  # the survey's own connection reads this mailbox too
        recorded = self._record(
            connection.organization, origin.action_id, number, lambda survey, ballot: _vote(survey, ballot, mail)
        )
        if recorded is None:
            return
        if isinstance(recorded.outcome, (Taken, Known)):
            self._tell.vote(recorded.survey, recorded.ballot, recorded.outcome.vote)
        elif recorded.outcome is None and _is_awaited(recorded, mail):
            try:
                self._explain(connection, mailbox, recorded.survey, number, mail)
            except Rejected as refused:
                _log.warning("survey %s: an unclear answer cannot be explained: %s", recorded.survey.id, refused.code)

    # --- who was not understood

    def _explain(
        self, connection: Connection, mailbox: Mailbox, survey: Survey, number: int, mail: ReceivedMail
    ) -> None:
        """Once for each recipient, whatever is repeated: the first unclear answer is the one that is explained."""
        sender = mail.head.from_ or mail.head.sender
        if sender is None or not sender.address or not self._is_first(survey, number, _cause(mail)):
            return
        reply = self._explanation(connection, survey, number, sender)
        found = mailbox.look_up(reply.stamp, None)
        if found.state in {OutgoingState.SENT, OutgoingState.SUBMITTED}:
            return
        if found.ref:
            mailbox.remove_draft(found.ref)
        draft = _only(mailbox.create_drafts([reply]))
        if error := send_errors(mailbox, [draft], keep_copy=True)[0]:
            if isinstance(error, Rejected):
                with suppress(ConnectorError):
                    mailbox.remove_draft(draft)
            raise error

    def _is_first(self, survey: Survey, number: int, cause: str) -> bool:
        while found := self._ballots.read(survey.organization, survey.id, number):
            stored, ballot = found
            if ballot.value.explained is not None:
                return ballot.value.explained == cause
            with suppress(Stale):
                marked = ballot.value.model_copy(update={"explained": cause})
                self._ballots.cast(stored, stored.value, ballot, marked)
                return True
        return False

    def _explanation(self, connection: Connection, survey: Survey, number: int, to: Address) -> OutgoingMail:
        name = part(number, Errand.EXPLANATION)
        return OutgoingMail(
            stamp=stamp(self._installation, survey.organization, survey.id, connection.address, part=name),
            subject=explanation_subject(survey.subject),
            body=explanation(survey.options),
            to=(to,),
            headers=_QUIET,
            voting_options=survey.options,
        )


def _vote(survey: Survey, ballot: Ballot, mail: ReceivedMail) -> Vote | None:
    answer = read_answer(survey.options, survey.subject, mail)
    if answer is None:
        return None
    return Vote(
        option=answer.option,
        via=answer.via,
        at=mail.head.received_at,
        cause=_cause(mail),
        comment=answer.comment if survey.comment else None,
        by=_by(ballot, mail),
    )


def _is_awaited(recorded: Recorded, mail: ReceivedMail) -> bool:
    """Thanks and questions of somebody who has answered, or who comes too late, need no explanation."""
    return recorded.ballot.vote is None and recorded.survey.takes_votes(mail.head.received_at)


def _by(ballot: Ballot, mail: ReceivedMail) -> str | None:
    """Who sent it, where that was not the recipient: a delegate, a member of the group, another address of the same person."""
    actual = mail.head.sender or mail.head.from_
    if actual is None or actual.address.casefold() == ballot.recipient.address.casefold():
        return None
    return actual.address


def _cause(mail: ReceivedMail) -> str:
    return mail.head.internet_message_id or mail.head.id


def _only(made: list[DraftRef | ConnectorError]) -> DraftRef:
    if isinstance(made[0], ConnectorError):
        raise made[0]
    return made[0]
