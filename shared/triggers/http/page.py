"""Pages as answers: rendered in the reader's language, with the headers of every page, errors included."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import azure.functions as func

from shared.triggers.http.problem import problem
from shared.triggers.http.request import address
from shared.triggers.http.response import Response


def page(template: str, accept_language: str, status: int = 200, **values: Any) -> Response:
    from shared.web.language import Words, preferred
    from shared.web.page import CONTENT_TYPE, HEADERS, render

    text = render(template, Words(preferred(accept_language)), **values)
    return Response(text.encode(), status=status, content_type=CONTENT_TYPE, headers=HEADERS)


def error_page(exc: Exception, req: func.HttpRequest, invocation: str) -> Response:
    """What a program is told as a problem, a person reads as a page. The status stays the same.

    Who is not signed in is sent to do so.
    """
    from shared.web.language import Words, catalogue, preferred

    told = problem(exc, invocation)
    if told.status == HTTPStatus.UNAUTHORIZED:
        return Response(status=HTTPStatus.FOUND, location=_sign_in(req.url))
    accepted = req.headers.get("Accept-Language", "")
    words = Words(preferred(accepted))
    code = str(told.body["code"])
    known = catalogue(words.language)
    name = f"error.{code}" if f"error.{code}" in known else "error.other"
    heading = f"{name}.heading" if f"{name}.heading" in known else "error.heading"
    answer = page("message.html", accepted, told.status, heading=words(heading), text=words(name))
    return Response(
        answer.body, status=told.status, content_type=answer.content_type, headers={**told.headers, **answer.headers}
    )


def _sign_in(url: str) -> str:
    """App Service Authentication comes back to where the person wanted to go."""
    return f"/.auth/login/aad?post_login_redirect_uri={quote(address(url), safe='')}"
