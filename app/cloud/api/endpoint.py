"""The Thing API as an ASGI application."""

from __future__ import annotations

import html
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.cloud.api.answer import Reply, answer, plain_json
from app.cloud.api.call import Call
from app.cloud.api.errors import HERE
from app.cloud.api.routes import Route, find, lacks_slash
from app.cloud.cloud import Cloud
from app.cloud.http import BodyTooLong, body_of

_METHODS = ("GET", "POST", "HEAD", "OPTIONS")
_API_HEADERS = {
    "Vary": "Accept, Cookie",
    "Allow": ", ".join(_METHODS),
    "X-Frame-Options": "SAMEORIGIN",
}


class ThingApi:
    """Answers every path outside /admin."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and ring for those that wait for its event."""
        request = Request(scope, receive)
        path = request.scope["path"]
        route = find(path)
        if route is not None:
            try:
                response = await self._respond(route, request)
            except ClientDisconnect:
                return
            self._cloud.bell.ring()
        else:
            response = _redirect(request) if lacks_slash(path) else _not_found(path)
        await response(scope, receive, send)

    async def _respond(self, route: Route, request: Request) -> Response:
        if request.method == "OPTIONS":
            return _response(plain_json(200, {"renders": ["application/json"]}))
        if request.method not in _METHODS:
            detail = {"detail": f'Method "{request.method}" not allowed.'}
            return _response(plain_json(405, detail))
        try:
            body = await body_of(request)
        except BodyTooLong as error:
            return _response(plain_json(413, f"{HERE}{error}"), close=True)
        reply = self._answer(route, request, body)
        # What follows a body that cannot be read may be the rest of it, not the next request.
        return _response(reply, close=reply.body == b'"Wrong data format"')

    def _answer(self, route: Route, request: Request, body: bytes) -> Reply:
        def read_post(call: Call) -> None:
            call.read(self._cloud, body, request.headers.get("content-type", ""))

        def read_get(call: Call) -> None:
            call.fields = dict(parse_qsl(_query(request)))

        if request.method == "POST":
            return answer(self._cloud, route.name, route.post, read_post)
        return answer(self._cloud, route.name, route.get, read_get)


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
