"""The guard of the management API: authentication, bounded bodies, protection against CSRF.

Of a request without a valid session or token, only the head is read.
"""

from __future__ import annotations

import hmac

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.cloud.api.body import IN_A_BODY, parse_json
from app.cloud.database.connection import Unavailable
from app.cloud.http import API, Bodies, BodyTooLong, Busy
from app.cloud.manage.service.logins import LoginService, csrf_of
from app.cloud.problems import later, problem
from app.cloud.values import Unshowable

PREFIX = "/api/manage/v1"
COOKIE = "pythings_session"
CSRF = "x-csrf-token"
LOG_IN = ("POST", f"{PREFIX}/session")
DOCUMENT = ("GET", f"{PREFIX}/openapi.json")
RETRY_S = 10.0
LONGEST_TOKEN = 200  # characters

_SAFE = ("GET", "HEAD", "OPTIONS")
_CLOSE = {"Connection": "close"}
# Responses are data, also the texts that a Thing wrote: no browser shall run or cache them.
_HEADERS = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]


class _Stop(Exception):
    """The guard answers the request itself."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


class Guard:
    """Middleware: passes authenticated requests on, with `actor` and `session` in their state."""

    def __init__(self, inner: ASGIApp, logins: LoginService) -> None:
        self._inner = inner
        self._logins = logins
        self._bodies = Bodies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        request = Request(scope, receive)
        app: ASGIApp
        try:
            await self._identify(request)
            body = await self._read(request)
            app, receive = self._inner, _again(body, receive)
        except _Stop as stop:
            app = stop.response
        except ClientDisconnect:
            return
        except Unavailable as error:
            app = problem(503, f"the database does not answer: {error}", later(RETRY_S))
        await app(scope, receive, dressed)

    async def _identify(self, request: Request) -> None:
        state = request.state
        request.scope[API] = "manage"  # until a route says more
        state.session = request.cookies.get(COOKIE)
        state.actor = None
        if (request.method, request.scope["path"]) in (LOG_IN, DOCUMENT):
            return
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind:
            state.session = None
            if kind.lower() == "bearer" and len(token) <= LONGEST_TOKEN:
                state.actor = await self._logins.by_token(token.strip())
        elif state.session and len(state.session) <= LONGEST_TOKEN:
            state.actor = await self._logins.by_session(state.session)
            if state.actor is not None and request.method not in _SAFE:
                _must_be_our_page(request, state.session)
        if state.actor is None:
            raise _Stop(_unknown())

    async def _read(self, request: Request) -> bytes:
        """Read the body; refuse JSON that cannot be stored and shown again."""
        headers = request.headers
        if "transfer-encoding" in headers:
            raise _Stop(problem(411, "give the body's Content-Length", _CLOSE))
        if not headers.get("content-length", "0").isdecimal():
            raise _Stop(problem(400, "Content-Length is not a number", _CLOSE))
        try:
            body = await self._bodies.read(request)
        except BodyTooLong as error:
            raise _Stop(problem(413, str(error), _CLOSE)) from error
        except Busy as error:
            raise _Stop(problem(503, str(error), {**_CLOSE, **later(RETRY_S)})) from error
        if body and "json" in headers.get("content-type", "application/json").lower():
            _check(body)
        return body


def _must_be_our_page(request: Request, token: str) -> None:
    """Refuse a change that a page of another site makes a browser send (OWASP: CSRF)."""
    given = request.headers.get(CSRF, "").encode("utf-8", "replace")
    if not hmac.compare_digest(given, csrf_of(token).encode()):
        raise _Stop(problem(403, f"give the header {CSRF} as GET {PREFIX}/session tells it"))


def _unknown() -> Response:
    text = "log in, or give an API token: the token is missing or wrong"
    return problem(401, text, {"WWW-Authenticate": "Bearer"})


def _check(body: bytes) -> None:
    try:
        parse_json(body.decode("utf-8"), IN_A_BODY)
    except Unshowable as error:
        raise _Stop(problem(400, f"the body {error}")) from error
    except ValueError as error:
        raise _Stop(problem(400, "the body is not JSON")) from error


def _again(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that replays the body, then passes on later messages."""
    left = [body]

    async def give() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return give
