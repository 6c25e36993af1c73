"""The Thing API as an ASGI application."""

from __future__ import annotations

import asyncio
import html
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.cloud.api.answer import Reply, answer, plain_json
from app.cloud.api.body import fields_of
from app.cloud.api.call import Call, is_known
from app.cloud.api.errors import HERE, ApiError
from app.cloud.api.routes import ApiRoute, find, lacks_slash
from app.cloud.box import envelope, is_boxed
from app.cloud.bucket import RATE, Buckets
from app.cloud.cloud import Cloud
from app.cloud.database.connection import Unavailable
from app.cloud.http import API, Bodies, BodyTooLong, Busy, client_of
from app.cloud.writer import Writer

_TOO_MANY = "Sorry, but your address asks for too much. Please try again later."
_GONE = "Sorry, but my database does not answer. Please try again later."
_RETRY_S = "10"
_BYTES = 16 * 1024  # of a stranger's body that cost as much as one more request
_METHODS = ("GET", "POST", "HEAD", "OPTIONS")
_API_HEADERS = {
    "Vary": "Accept, Cookie",
    "Allow": ", ".join(_METHODS),
    "X-Frame-Options": "SAMEORIGIN",
}


class ThingApi:
    """The application for all paths of the Thing API, and for unknown ones."""

    def __init__(self, cloud: Cloud, writer: Writer, rate: float = RATE) -> None:
        self._cloud = cloud
        self._writer = writer
        self._bodies = Bodies()
        self._buckets = Buckets(rate)
        self._worker = asyncio.Semaphore(1)  # for `prepare`, which takes long: one at a time

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and wake the tasks that wait for its event."""
        request = Request(scope, receive)
        path = request.scope["path"]
        route = find(path)
        if route is not None:
            scope[API] = route.name
            try:
                response = await self._respond(route, request)
            except ClientDisconnect:
                return
            self._cloud.notifier.ring()
        else:
            response = _redirect(request) if lacks_slash(path) else _not_found(path)
        await response(scope, receive, send)

    async def _respond(self, route: ApiRoute, request: Request) -> Response:
        if request.method == "OPTIONS":
            return _response(plain_json(200, {"renders": ["application/json"]}))
        if request.method not in _METHODS:
            detail = {"detail": f'Method "{request.method}" not allowed.'}
            return _response(plain_json(405, detail))
        try:
            body = await self._bodies.read(request)
        except BodyTooLong as error:
            return _response(plain_json(413, f"{HERE}{error}"), close=True)
        except Busy as error:
            return _response(plain_json(503, f"{HERE}{error}"), close=True)
        kind = request.headers.get("content-type", "")
        address = client_of(request)
        try:
            # A session does not exempt from the limit on `prepare`: these calls cost too much.
            if self._buckets.empty(address) and (
                route.prepare is not None or not await self._knows(request, body, kind)
            ):
                self._cloud.warn(f"{address} asks for more than a stranger may; --rate limits it")
                return _response(plain_json(429, HERE + _TOO_MANY), close=True)
            prepared: Any = None
            if route.prepare is not None and request.method == "POST":
                async with self._worker:
                    prepared = await asyncio.to_thread(route.prepare, self._cloud, body, kind)
            reply, known = await self._writer.do(
                lambda: self._answer(route, request, body, prepared), True
            )
        except Unavailable as error:
            self._cloud.warn(str(error))
            response = _response(plain_json(503, HERE + _GONE))
            response.headers["Retry-After"] = _RETRY_S
            return response
        if not known:
            self._buckets.take(address, route.cost + len(body) / _BYTES)
        # The bytes after an unreadable body may be the rest of it, not the next request.
        return _response(reply, close=reply.body == b'"Wrong data format"')

    async def _knows(self, request: Request, body: bytes, kind: str) -> bool:
        """Tell whether a request comes from a Thing with a proved session."""
        if request.method != "POST":
            return False
        try:
            boxed = is_boxed(body)
            token = envelope(body).token if boxed else fields_of(body, kind).get("token")
        except ApiError:
            return False
        return await self._writer.do(lambda: is_known(self._cloud, token), True)

    def _answer(
        self, route: ApiRoute, request: Request, body: bytes, prepared: Any
    ) -> tuple[Reply, bool]:
        """Return the answer, and whether its Thing is known; the writer may call it repeatedly."""
        call = Call(prepared=prepared)

        def read_post(call: Call) -> None:
            call.read(self._cloud, body, request.headers.get("content-type", ""))

        def read_get(call: Call) -> None:
            call.fields = dict(parse_qsl(_query(request)))

        post = request.method == "POST"
        handler, read = (route.post, read_post) if post else (route.get, read_get)
        return answer(self._cloud, route.name, handler, read, call), call.known


def _response(reply: Reply, close: bool = False) -> Response:
    headers = {} if reply.content_type is None else {"Content-Type": reply.content_type}
    headers.update(_API_HEADERS)
    headers["Content-Length"] = str(len(reply.body))
    if close:
        headers["Connection"] = "close"
    return Response(reply.body, reply.status, headers)


def _redirect(request: Request) -> Response:
    query = _query(request)
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Location": request.scope["path"] + "/" + (f"?{query}" if query else ""),
        "Content-Length": "0",
    }
    return Response(b"", 301, headers)


def _not_found(path: str) -> Response:
    text = f"<h1>Not Found</h1><p>There is nothing at {html.escape(path)} on this server.</p>"
    body = text.encode("utf-8", "replace")
    headers = {
        "Content-Type": "text/html",
        "X-Frame-Options": "SAMEORIGIN",
        "Content-Length": str(len(body)),
    }
    return Response(body, 404, headers)


def _query(request: Request) -> str:
    return str(request.scope["query_string"].decode("latin-1"))
