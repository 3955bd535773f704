"""Surveys: asked by mail, answered by button, in words or on a page, closed by rule, by deadline or by hand."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from shared.bootstrap.operation import Operation

if TYPE_CHECKING:
    from shared.domain.action import Action
    from shared.domain.classification import MailClass
    from shared.domain.survey import Listing
    from shared.ports.ballots import Ballots
    from shared.ports.records import Records
    from shared.use_cases.action_job import Performer, Performers
    from shared.use_cases.close_survey import CloseSurvey
    from shared.use_cases.look_after_surveys import LookAfterSurveys
    from shared.use_cases.manage_connections import ConnectionUses
    from shared.use_cases.manage_organizations import Purge
    from shared.use_cases.manage_surveys import ManageSurveys
    from shared.use_cases.rate_limit import RateLimit
    from shared.use_cases.read_arrivals import Awaited
    from shared.use_cases.record_vote import RecordVote
    from shared.use_cases.report_specials import Handler
    from shared.use_cases.send_many import SendMany
    from shared.use_cases.survey_mails import SurveyMails
    from shared.use_cases.survey_messages import SurveyMessages
    from shared.use_cases.survey_rows import SurveyRows
    from shared.use_cases.tell_survey import TellSurvey
    from shared.use_cases.vote_on_page import VoteOnPage


class Surveys(Operation):
    @cached_property
    def ballots(self) -> "Ballots":
        from shared.storage.ballots import TableBallots

        return TableBallots(self.account)

    @cached_property
    def listings(self) -> "Records[Listing]":
        from shared.domain.survey import Listing, listing_indexes
        from shared.storage.records import TableRecords

        return TableRecords(self.account, "surveys", Listing, listing_indexes)

    @cached_property
    def survey_rows(self) -> "SurveyRows":
        from shared.use_cases.survey_rows import SurveyRows

        return SurveyRows(ballots=self.ballots, listings=self.listings, due=self.due, clock=self.clock)

    @cached_property
    def tell_survey(self) -> "TellSurvey":
        from shared.use_cases.tell_survey import TellSurvey

        return TellSurvey(rows=self.survey_rows, outbox=self.outbox, retention=self.settings.action_retention)

    @cached_property
    def close_survey(self) -> "CloseSurvey":
        from shared.use_cases.close_survey import CloseSurvey

        return CloseSurvey(rows=self.survey_rows, tell=self.tell_survey, clock=self.clock)

    @cached_property
    def send_many(self) -> "SendMany":
        from shared.use_cases.send_many import SendMany

        return SendMany(
            access=self.access,
            clock=self.clock,
            unanswered_wait=self.settings.unanswered_wait,
            lookup_wait=self.settings.lookup_wait,
        )

    @cached_property
    def survey_mails(self) -> "SurveyMails":
        from shared.use_cases.survey_mails import SurveyMails

        return SurveyMails(
            ballots=self.ballots, installation=self.installation, public_base_url=self.settings.public_base_url
        )

    @property
    def performers(self) -> "Performers":
        from shared.domain.action import ActionName

        return {**super().performers, ActionName.SEND_SURVEY: lambda: self.send_survey}

    @cached_property
    def send_survey(self) -> "Performer":
        from shared.use_cases.await_bounces import AwaitingBounces
        from shared.use_cases.send_survey import SendSurvey

        send_survey = SendSurvey(
            rows=self.survey_rows,
            mails=self.survey_mails,
            send_many=self.send_many,
            tell=self.tell_survey,
            folders=self.checked_folders,
            clock=self.clock,
        )
        return AwaitingBounces(send_survey, self.await_bounces)

    @cached_property
    def record_vote(self) -> "RecordVote":
        from shared.use_cases.record_vote import RecordVote

        return RecordVote(ballots=self.ballots, clock=self.clock)

    @property
    def special_handlers(self) -> "dict[MailClass, Handler]":
        from shared.domain.classification import MailClass
        from shared.use_cases.take_vote import TakeVote

        take_vote = TakeVote(
            recognize=self.recognize_mail,
            record=self.record_vote,
            ballots=self.ballots,
            tell=self.tell_survey,
            installation=self.installation,
        )
        return {**super().special_handlers, MailClass.VOTE: take_vote}

    @property
    def awaited(self) -> "list[Awaited]":
        return [*super().awaited, self.survey_rows.is_awaited]

    @cached_property
    def vote_on_page(self) -> "VoteOnPage":
        from shared.use_cases.vote_on_page import VoteOnPage

        return VoteOnPage(ballots=self.ballots, record=self.record_vote, queues=self.queues, clock=self.clock)

    @cached_property
    def page_limit(self) -> "RateLimit":
        from shared.use_cases.rate_limit import RateLimit

        return RateLimit()

    @cached_property
    def survey_messages(self) -> "SurveyMessages":
        from shared.use_cases.remind_unanswered import RemindUnanswered
        from shared.use_cases.survey_messages import SurveyMessages

        remind = RemindUnanswered(
            rows=self.survey_rows,
            mails=self.survey_mails,
            send_many=self.send_many,
            actions=self.actions,
            connections=self.connections,
            blobs=self.blobs,
            clock=self.clock,
            claim=self.settings.action_claim,
        )
        return SurveyMessages(
            organizations=self.organizations,
            ballots=self.ballots,
            tell=self.tell_survey,
            remind=remind,
            queues=self.queues,
        )

    @cached_property
    def look_after_surveys(self) -> "LookAfterSurveys":
        from shared.use_cases.look_after_surveys import LookAfterSurveys

        return LookAfterSurveys(
            rows=self.survey_rows,
            tell=self.tell_survey,
            close=self.close_survey,
            forget=self.forget_actions,
            organizations=self.organizations,
            actions=self.actions,
            folders=self.checked_folders,
            due=self.due,
            queues=self.queues,
            clock=self.clock,
        )

    @cached_property
    def manage_surveys(self) -> "ManageSurveys":
        from shared.use_cases.manage_surveys import ManageSurveys

        return ManageSurveys(enter=self.enter, rows=self.survey_rows, listings=self.listings, close=self.close_survey)

    @property
    def connection_uses(self) -> "list[ConnectionUses]":
        from shared.use_cases.manage_surveys import SurveyUses

        return [*super().connection_uses, SurveyUses(rows=self.survey_rows)]

    @property
    def purges(self) -> "Sequence[Purge]":
        return (self.survey_rows.purge, *super().purges)

    @property
    def action_uses(self) -> "list[Callable[[Action], bool]]":
        return [*super().action_uses, self.survey_rows.needs]
