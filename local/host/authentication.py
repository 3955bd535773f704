"""The door before the functions, as App Service Authentication keeps it: who is there, and ``/.auth/…``.

Anonymous requests pass. A session cookie stands for a sign-in, because a browser sends Basic credentials
unasked only below the path that asked for them.
"""

import secrets
from http import HTTPStatus
from urllib.parse import unquote

from aiohttp import web

from local.host.sign_in import SignIn

COOKIE = "AppServiceAuthSession"
_OURS = "/.auth/"
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="one machine: the password is local", charset="UTF-8"'}


class Authentication:
    def __init__(self, sign_in: SignIn) -> None:
        self._sign_in = sign_in
        self._sessions: dict[str, str] = {}

    def visitor(self, request: web.BaseRequest) -> str | None:
        """The person's name, None for nobody. Raises web.HTTPUnauthorized for credentials that are wrong."""
        authorization = request.headers.get("Authorization", "")
        if authorization.partition(" ")[0].lower() == "basic":
            name = self._sign_in.signed_in_by(authorization)
            if name is None:
                raise web.HTTPUnauthorized(headers=_CHALLENGE, text="Wrong user name or password.\n")
            return name
        return self._sessions.get(request.cookies.get(COOKIE, ""))

    def headers(self, request: web.BaseRequest, visitor: str | None) -> dict[str, str]:
        """The request's headers in lower case, several of one name joined, and only our word about who is there."""
        kept: dict[str, str] = {}
        for name, value in request.headers.items():
            key = name.lower()
            spent = key == "authorization" and value.partition(" ")[0].lower() == "basic"
            if not spent and not key.startswith("x-ms-"):
                kept[key] = f"{kept[key]},{value}" if key in kept else value
        return kept | (self._sign_in.principal_headers(visitor) if visitor else {})

    def answers(self, path: str) -> bool:
        return path.lower().startswith(_OURS)

    def answer(self, request: web.BaseRequest, path: str, visitor: str | None) -> web.Response:
        match path.lower().rstrip("/").removeprefix(_OURS).split("/"):
            case ["login", "aad"]:
                return self._log_in(request, visitor)
            case ["logout"]:
                return self._log_out(request)
            case ["me"]:
                return self._me(visitor)
            case ["login", "done"] | ["logout", "complete"]:
                return web.Response(text="Signed in.\n" if "login" in path.lower() else "Signed out.\n")
            case _:
                return web.Response(status=HTTPStatus.NOT_FOUND)

    def _log_in(self, request: web.BaseRequest, visitor: str | None) -> web.Response:
        if visitor is None:
            return web.Response(status=HTTPStatus.UNAUTHORIZED, headers=_CHALLENGE, text="Please sign in.\n")
        target = request.query.get("post_login_redirect_uri", f"{_OURS}login/done")
        response = _redirect(target)
        if response.status == HTTPStatus.FOUND:
            session = secrets.token_urlsafe(32)
            self._sessions[session] = visitor
            response.set_cookie(COOKIE, session, path="/", httponly=True, samesite="Lax")
        return response

    def _log_out(self, request: web.BaseRequest) -> web.Response:
        self._sessions.pop(request.cookies.get(COOKIE, ""), None)
        response = _redirect(request.query.get("post_logout_redirect_uri", f"{_OURS}logout/complete"))
        response.del_cookie(COOKIE, path="/")
        return response

    def _me(self, visitor: str | None) -> web.Response:
        if visitor is None:
            return web.json_response([], status=HTTPStatus.UNAUTHORIZED)
        claims = self._sign_in.claims(visitor)
        return web.json_response([{"provider_name": "aad", "user_id": visitor, "user_claims": claims}])


def _redirect(target: str) -> web.Response:
    """To a page of this site only."""
    plain = unquote(target)
    elsewhere = not plain.startswith("/") or plain.startswith("//") or "\\" in plain or not plain.isprintable()
    if elsewhere:
        return web.Response(status=HTTPStatus.BAD_REQUEST, text="The redirect must be a path of this site.\n")
    return web.Response(status=HTTPStatus.FOUND, headers={"Location": target})
