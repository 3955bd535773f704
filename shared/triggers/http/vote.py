"""A recipient's voting page. Anonymous: the token is the permission. Mail scanners may follow its links: they never vote."""

from typing import TYPE_CHECKING, Any

from shared.triggers.http.endpoint import Query, Routes
from shared.triggers.http.request import Request
from shared.triggers.http.response import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.use_cases.vote_on_page import Shown

HTML = "text/html"
LARGEST = 64 * 1024
FORM = "application/x-www-form-urlencoded"

routes = Routes("Voting page")


@routes.get(
    "vote/{token}",
    "A recipient's voting page; never votes",
    anonymous=True,
    page=True,
    answer_type=HTML,
    query=[Query("choice", "The option that is chosen beforehand, from 1.", {"type": "integer", "minimum": 1})],
    problems=(404, 429),
)
def show_vote(request: Request) -> Response:
    from shared.bootstrap import connector

    token = request.path["token"]
    shown = _limited(request, lambda: connector().vote_on_page.show(token))
    return _page(request, shown, request.query.get("choice", ""))


@routes.post(
    "vote/{token}",
    "The vote that the page's form brings",
    anonymous=True,
    page=True,
    answer_type=HTML,
    max_body=LARGEST,
    body_types=(FORM,),
    problems=(404, 413, 415, 429),
)
def cast_vote(request: Request) -> Response:
    """Fields `form` (from the page), `option` (its number) and `comment`."""
    from shared.bootstrap import connector
    from shared.use_cases.vote_on_page import Ask

    fields = request.form()
    ask = Ask(*(fields.get(name, "") for name in ("form", "option", "comment")))
    shown = _limited(request, lambda: connector().vote_on_page.vote(request.path["token"], ask))
    return _page(request, shown, ask.option)


def _limited(request: Request, call: "Callable[[], Shown]") -> "Shown":
    """Each link for itself, because a whole company may come from one address; of an address only misses count."""
    from shared.bootstrap import connector
    from shared.errors import NotFound

    limit, link, visitor = connector().page_limit, f"link {request.path['token'][:300]}", f"visitor {request.visitor}"
    limit.check(link)
    limit.check(visitor)
    limit.count(link)
    try:
        return call()
    except NotFound:
        limit.count(visitor)
        raise


def _page(request: Request, shown: "Shown", selected: str) -> Response:
    from shared.domain.instants import instant_text
    from shared.domain.survey import LONGEST_COMMENT
    from shared.triggers.http.page import page
    from shared.web.language import Words, preferred

    survey, vote = shown.survey, shown.ballot.vote
    accepted = request.headers.get("Accept-Language", "")
    words = Words(preferred(accepted))
    chosen = {"option": survey.options[vote.option], "comment": vote.comment} if vote else None
    return page(
        "vote.html",
        accepted,
        400 if shown.said.is_mistake else 200,
        question=survey.subject or words("vote.choose"),
        recipient=shown.ballot.recipient.address,
        options=survey.options,
        chosen=chosen,
        notice=_notice(shown, words),
        can_vote=shown.can_vote,
        selected=_number(selected) or (vote.option + 1 if vote else 0),
        asks_comment=survey.comment,
        longest_comment=LONGEST_COMMENT,
        allow_change=survey.allow_change,
        deadline=instant_text(survey.deadline),
        deadline_text=words.instant(survey.deadline),
        form=shown.form,
        token=request.path["token"],
    )


def _notice(shown: "Shown", words: Any) -> dict[str, str] | None:
    from shared.use_cases.vote_on_page import Said

    match shown.said:
        case Said.QUESTION:
            return None
        case Said.RECORDED:
            return {"kind": "done", "text": words("vote.recorded")}
        case Said.CLOSED:
            return {"kind": "over", "text": words("vote.closed" if shown.ballot.vote else "vote.closed.without")}
        case Said.ANSWERED:
            return {"kind": "over", "text": words("vote.answered")}
        case Said.CHOOSE:
            return {"kind": "problem", "text": words("vote.missing")}
        case Said.OUTDATED:
            return {"kind": "problem", "text": words("vote.outdated")}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0  # noqa: PLR2004
