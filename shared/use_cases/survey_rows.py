"""Where a survey's rows lie: the survey with its ballots, its line in the organization's list, its entry in the index by time.

Order everywhere: the entry that makes somebody look again first, then the list, then the survey; away in reverse.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime

from shared.domain.action import Action, ActionName
from shared.domain.due import Due, DueKind, due_instant
from shared.domain.survey import Listing, MailState, Survey, open_on
from shared.ports.ballots import Ballots, Poll
from shared.ports.clock import Clock
from shared.ports.due import DueIndex
from shared.ports.records import AlreadyThere, Records, Stale, Stored

_TRIES = 50
_PAGE = 200


class SurveyRows:
    def __init__(self, *, ballots: Ballots, listings: Records[Listing], due: DueIndex, clock: Clock) -> None:
        self._ballots = ballots
        self._listings = listings
        self._due = due
        self._clock = clock

    def get(self, organization: str, survey_id: str) -> Stored[Survey] | None:
        return self._ballots.get(organization, survey_id)

    def whole(self, organization: str, survey_id: str) -> Poll | None:
        return self._ballots.whole(organization, survey_id)

    def begin(self, survey: Survey, first_look: datetime) -> Survey:
        """Idempotent; the survey as it stands."""
        self.look_again(survey, first_look)
        listing = Listing(
            id=survey.id,
            organization=survey.organization,
            connection_id=survey.connection_id,
            created_at=survey.created_at,
            subject=survey.subject,
            deadline=survey.deadline,
            recipients=survey.recipients,
        )
        with suppress(AlreadyThere):
            self._listings.create(survey.organization, survey.id, listing)
        with suppress(AlreadyThere):
            return self._ballots.create(survey).value
        there = self._ballots.get(survey.organization, survey.id)
        return there.value if there else survey

    def change(self, organization: str, survey_id: str, decide: Callable[[Survey], Survey | None]) -> Survey | None:
        """Writes what ``decide`` makes of it (None: nothing); it is asked again about a survey that changed meanwhile.

        Answers the survey as it was written; None where nothing was, or where there is none.
        """
        for _ in range(_TRIES):
            stored = self._ballots.get(organization, survey_id)
            changed = decide(stored.value) if stored else None
            if stored is None or changed is None:
                return None
            try:
                return self._ballots.replace(stored, changed).value
            except Stale:
                continue
        raise Stale(survey_id)

    def settle(self, organization: str, survey_id: str, states: Mapping[int, MailState]) -> Survey | None:
        """All mails are out, or will never be: the survey is open, and who was reached is written down.

        Every vote changes the survey's record, so that none is overlooked in between.
        """
        for _ in range(_TRIES):
            poll = self._ballots.whole(organization, survey_id)
            if poll is None or poll.survey.value.is_over:
                return poll.survey.value if poll else None
            ballots = [
                one.value.model_copy(update={"state": states.get(one.value.number, one.value.state)})
                for one in poll.ballots
            ]
            moved = [(old, new) for old, new in zip(poll.ballots, ballots, strict=True) if old.value != new]
            try:
                self._ballots.put(organization, survey_id, moved)
                opened = poll.survey.value.opened(tuple(ballots), self._clock.now())
                survey = self._ballots.replace(poll.survey, opened).value
            except Stale:
                continue
            self.look_again(survey, survey.remind_at or survey.deadline)
            return survey
        raise Stale(survey_id)

    def look_again(self, survey: Survey, at: datetime) -> None:
        self._due.put(Due(DueKind.SURVEY, due_instant(at), survey.organization, survey.id))

    def close_listing(self, survey: Survey) -> None:
        stored = self._listings.get(survey.organization, survey.id)
        if stored and stored.value.open:
            with suppress(Stale):  # only whoever closes or removes it changes it
                self._listings.replace(stored, stored.value.ended(survey))

    def remove(self, organization: str, survey_id: str) -> None:
        """Everything of a survey. The entry in the index by time goes when it is looked at."""
        self._ballots.delete(organization, survey_id)
        stored = self._listings.get(organization, survey_id)
        if stored:
            with suppress(Stale):
                self._listings.delete(stored)

    def is_awaited(self, organization: str, connection_id: str) -> bool:
        """Whether answers may come in at this connection."""
        return bool(self._listings.list(organization, index=open_on(connection_id), limit=1).items)

    def needs(self, action: Action) -> bool:
        """An open survey's reminder is made from what its action keeps."""
        if action.action != ActionName.SEND_SURVEY:
            return False
        stored = self.get(action.organization, action.id)
        return stored is not None and not stored.value.is_over

    def open_ones(self, organization: str, connection_id: str) -> Iterator[str]:
        return self._ids(organization, open_on(connection_id))

    def all_of(self, organization: str) -> Iterator[str]:
        return self._ids(organization, "")

    def purge(self, organization: str) -> None:
        """Everything of an organization."""
        for survey_id in list(self.all_of(organization)):
            self.remove(organization, survey_id)

    def _ids(self, organization: str, index: str) -> Iterator[str]:
        token: str | None = None
        while True:
            page = self._listings.list(organization, index=index, limit=_PAGE, continuation=token)
            yield from (stored.key for stored in page.items)
            token = page.continuation
            if token is None:
                return
