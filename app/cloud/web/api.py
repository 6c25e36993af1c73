"""The web API as an ASGI application: credentials, limits, answers as the existing cloud's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.cloud.api.answer import plain_json
from app.cloud.api.body import fields_of
from app.cloud.api.errors import ApiError
from app.cloud.bucket import RATE, Buckets
from app.cloud.cloud import Cloud
from app.cloud.database.connection import Unavailable
from app.cloud.http import API, Bodies, BodyTooLong, Busy, client_of
from app.cloud.manage.guard import COOKIE, LONGEST_TOKEN, RETRY_S
from app.cloud.manage.service import Management
from app.cloud.manage.service.office import Actor, Refused
from app.cloud.problems import later
from app.cloud.web.calls import CALLS, Call, Fields

_PRIVATE = "This is a private API. Login or provide username/password or apikey"
_BYTES = 16 * 1024  # of a body that cost as much as one more request
_WRONG = 25.0  # requests that one with wrong credentials costs as much as
_LONGEST_NAME = 64  # characters
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


class WebApi:
    """Middleware that answers the paths of CALLS, and passes on all others."""

    def __init__(self, app: ASGIApp, cloud: Cloud, manage: Management, rate: float = RATE) -> None:
        self._app = app
        self._cloud = cloud
        self._manage = manage
        self._bodies = Bodies()
        self._buckets = Buckets(rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        call = CALLS.get(scope["path"].removesuffix("/"))
        app = self._app
        if call is not None:
            scope[API] = "web"
            try:
                app = await self._respond(call, Request(scope, receive))
            except ClientDisconnect:
                return
        await app(scope, receive, send)

    async def _respond(self, call: Call, request: Request) -> Response:
        if request.method != "POST":
            text = f'Method "{request.method}" not allowed.'
            return _problem(405, text, {"Allow": "POST"})
        address = client_of(request)
        if self._buckets.empty(address):
            self._cloud.warn(f"{address} asks more of the web API than --rate allows")
            return _problem(429, "Too many requests; try again later", later(RETRY_S))
        try:
            body = await self._bodies.read(request)
            self._buckets.take(address, 1.0 + len(body) / _BYTES)
            fields = fields_of(body, request.headers.get("content-type", ""))
            actor = await self._identify(request, fields)
            return _success(await call(self._manage, actor, fields))
        except BodyTooLong as error:
            return _problem(413, str(error))
        except Busy as error:
            return _problem(503, str(error), later(RETRY_S))
        except ApiError:
            return _problem(400, "Wrong data format")
        except Refused as error:
            return _problem(error.status, str(error), later(error.retry_s))
        except Unavailable as error:
            self._cloud.warn(str(error))
            return _problem(503, "The database does not answer", later(RETRY_S))

    async def _identify(self, request: Request, fields: Fields) -> Actor:
        """Return the actor by the log-in cookie, else the password, else the key.

        The cookie needs no CSRF token: it is SameSite=Strict, and a request with the Origin of
        another site is refused before.
        """
        logins, address = self._manage.logins, client_of(request)
        cookie = request.cookies.get(COOKIE, "")
        actor = await logins.by_session(cookie) if 0 < len(cookie) <= LONGEST_TOKEN else None
        if actor is not None:
            return actor
        name, password, key = (_text(fields, it) for it in ("username", "password", "apikey"))
        if name or password:
            if not name or not password:
                raise Refused(400, f"Got empty {'password' if name else 'username'}")
            if len(name) <= _LONGEST_NAME:
                actor = await logins.by_password(name, password, address)
            wrong = Refused(401, "Wrong username/password")
        elif key:
            if len(key) <= LONGEST_TOKEN:
                actor = await logins.by_token(key)
            wrong = Refused(400, "Wrong API key")
        else:
            raise Refused(401, _PRIVATE)
        if actor is None:
            self._buckets.take(address, _WRONG)
            self._cloud.warn(f"{address} has sent wrong credentials to the web API")
            raise wrong
        return actor


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    return str(value) if value else ""


def _problem(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an error; the bytes after an unread body would be taken for the next request."""
    more = {"Connection": "close"} if status in (405, 413, 429, 503) else {}
    return _response(status, {"detail": text}, {**more, **(headers or {})})


def _success(value: Any) -> Response:
    if isinstance(value, AsyncIterator):
        return StreamingResponse(value, 200, _HEADERS, "application/json")
    return _response(200, value, {})


def _response(status: int, value: Any, headers: Mapping[str, str]) -> Response:
    reply = plain_json(status, value)
    return Response(reply.body, status, {**_HEADERS, **headers}, reply.content_type)
