"""The mails of a survey, each recipient's own: buttons, and links with a token of which only the hash is kept."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from shared.domain.mail import OutgoingMail, Stamp
from shared.domain.send_survey import SendSurveyParameters
from shared.domain.stamp import stamp
from shared.domain.survey import Ballot
from shared.domain.survey_mail import question, reminder_subject
from shared.domain.survey_part import Errand as Purpose
from shared.domain.survey_part import part
from shared.domain.survey_token import Token
from shared.ports.ballots import Ballots
from shared.ports.records import Stale, Stored
from shared.use_cases.action_job import Job
from shared.use_cases.compose_mail import compose_mail
from shared.use_cases.mail_errand import Errand

_TRIES = 10


class SurveyMails:
    """``public_base_url``: where the voting page is."""

    def __init__(self, *, ballots: Ballots, installation: str, public_base_url: str) -> None:
        self._ballots = ballots
        self._installation = installation
        self._base = public_base_url

    def errand(self, job: Job, purpose: Purpose) -> Errand:
        parameters = job.parameters(SendSurveyParameters)
        stamp_of = partial(self._stamp, job, purpose)
        draft = compose_mail(job, parameters, stamp_of(0), voting_options=parameters.options)
        if purpose is Purpose.REMINDER:
            draft = replace(draft, subject=reminder_subject(parameters.subject))
        return Errand(
            connection=job.connection,
            stamp=stamp_of,
            write=lambda numbers: self._write(job, purpose, draft, numbers),
            keep_copy=parameters.save_to_sent_items,
        )

    def _stamp(self, job: Job, purpose: Purpose, number: int) -> Stamp:
        action, address = job.action, job.connection.value.address
        return stamp(self._installation, action.organization, action.id, address, part=part(number, purpose))

    def _write(self, job: Job, purpose: Purpose, draft: OutgoingMail, numbers: Sequence[int]) -> list[OutgoingMail]:
        """The ballots first: an answer may come as soon as a mail is out."""
        parameters, action = job.parameters(SendSurveyParameters), job.action
        people = parameters.recipients
        tokens = {number: Token.fresh(action.organization, action.id, number) for number in numbers}

        def prepared(number: int, ballot: Ballot | None) -> Ballot:
            known = ballot or Ballot(number=number, recipient=people[number])
            if not parameters.links:
                return known
            # One for each mail: the token of a draft that never went out is worth nothing any more.
            hashes = {**known.tokens, purpose.name.lower(): tokens[number].hashed}
            return known.model_copy(update={"tokens": hashes})

        self._keep(action.organization, action.id, numbers, prepared)
        return [
            replace(
                draft,
                stamp=self._stamp(job, purpose, number),
                to=(people[number],),
                body=question(parameters.body, parameters.options, self._page(tokens[number], parameters)),
            )
            for number in numbers
        ]

    def _page(self, token: Token, parameters: SendSurveyParameters) -> str | None:
        return f"{self._base}/api/vote/{token.text}" if parameters.links else None

    def _keep(
        self,
        organization: str,
        survey_id: str,
        numbers: Sequence[int],
        prepared: Callable[[int, Ballot | None], Ballot],
    ) -> None:
        for _ in range(_TRIES):
            poll = self._ballots.whole(organization, survey_id)
            if poll is None:
                break
            there: dict[int, Stored[Ballot]] = {stored.value.number: stored for stored in poll.ballots}
            pairs = [(found, prepared(n, found.value if found else None)) for n in numbers for found in [there.get(n)]]
            try:
                self._ballots.put(organization, survey_id, pairs)
            except Stale:
                continue
            return
        raise Stale(survey_id)
