"""Surveys as people and processes see them, and how an administrator ends one. What hangs on a connection goes with it."""

import re
from concurrent.futures import ThreadPoolExecutor

from shared.domain.caller import Caller
from shared.domain.permissions import Operation
from shared.domain.survey import CloseReason, Listing, SurveyState
from shared.domain.survey_view import SurveyView, survey_view
from shared.errors import Conflict, NotFound
from shared.ports.ballots import Poll
from shared.ports.records import Records
from shared.use_cases.close_survey import CloseSurvey
from shared.use_cases.organization_access import OrganizationAccess
from shared.use_cases.survey_rows import SurveyRows

_SIDE_BY_SIDE = 8


class ManageSurveys:
    def __init__(
        self,
        *,
        enter: OrganizationAccess,
        rows: SurveyRows,
        listings: Records[Listing],
        close: CloseSurvey,
    ) -> None:
        self._enter = enter
        self._rows = rows
        self._listings = listings
        self._close = close

    def many(
        self, caller: Caller, organization: str, *, limit: int, continuation: str | None
    ) -> tuple[list[SurveyView], str | None]:
        """The newest first."""
        self._enter(caller, organization, Operation.READ_SURVEYS)
        page = self._listings.list(organization, index="all", limit=limit, continuation=continuation)
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as threads:
            polls = list(threads.map(lambda one: self._rows.whole(organization, one.key), page.items))
        return [_view(poll) for poll in polls if poll], page.continuation

    def listed(
        self, caller: Caller, organization: str, *, limit: int, continuation: str | None
    ) -> tuple[list[Listing], str | None]:
        """The lines of the list alone, in one read: the newest first."""
        self._enter(caller, organization, Operation.READ_SURVEYS)
        page = self._listings.list(organization, index="all", limit=limit, continuation=continuation)
        return [stored.value for stored in page.items], page.continuation

    def one(self, caller: Caller, organization: str, survey_id: str) -> SurveyView:
        """Raises NotFound."""
        self._enter(caller, organization, Operation.READ_SURVEYS)
        return _view(self._poll(organization, survey_id))

    def close(self, caller: Caller, organization: str, survey_id: str) -> SurveyView:
        """Closing a closed one changes nothing. Raises NotFound, Forbidden, Conflict while mails are going out."""
        self._enter(caller, organization, Operation.CLOSE_SURVEYS)
        survey = self._poll(organization, survey_id).survey.value
        if survey.state is SurveyState.SENDING:
            raise Conflict("The survey is still being sent; close it when all mails are out.")
        self._close(survey, CloseReason.MANUAL)
        return _view(self._poll(organization, survey_id))

    def _poll(self, organization: str, survey_id: str) -> Poll:
        sound = re.fullmatch(r"[A-Za-z0-9._-]{1,64}", survey_id)
        poll = self._rows.whole(organization, survey_id) if sound else None
        if poll is None:
            raise NotFound("There is no such survey.")
        return poll


class SurveyUses:
    """Open surveys stand in the way of deleting their connection; ``force`` takes them along."""

    def __init__(self, *, rows: SurveyRows) -> None:
        self._rows = rows

    def names(self, organization: str, connection_id: str) -> list[str]:
        return [f"survey {survey_id}" for survey_id in self._open_ones(organization, connection_id)]

    def remove(self, organization: str, connection_id: str) -> None:
        for survey_id in list(self._open_ones(organization, connection_id)):
            self._rows.remove(organization, survey_id)

    def _open_ones(self, organization: str, connection_id: str) -> list[str]:
        """The list may be a moment behind the survey itself."""
        found = list(self._rows.open_ones(organization, connection_id))
        surveys = ((survey_id, self._rows.get(organization, survey_id)) for survey_id in found)
        return [survey_id for survey_id, stored in surveys if stored and not stored.value.is_over]


def _view(poll: Poll) -> SurveyView:
    return survey_view(poll.survey.value, [stored.value for stored in poll.ballots])
