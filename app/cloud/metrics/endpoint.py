"""`/metrics`, for clients with its token, and the measurement of all requests."""

from __future__ import annotations

import asyncio
import hmac
import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.cloud.database.connection import Unavailable
from app.cloud.http import API

if TYPE_CHECKING:
    from app.cloud.metrics.meters import Meters

_PATH = "/metrics"
_COUNTED_S = 15.0  # for which a count of Things is reused
_PATIENCE_S = 3.0  # to wait for a new count of a slow database; the next request will see it
_OLDEST_S = 120.0  # age of a count that is shown in its place: two requests of a usual Prometheus
_MISSING = "Say `Authorization: Bearer` with what stands in metrics.token of the data folder.\n"


class Measured:
    """Middleware that counts each request of an application by its API and status."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        status = "none"  # the client has gone

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        began = time.perf_counter()
        try:
            await self._app(scope, receive, seen)
        finally:
            self._meters.requested(_api(scope), status, time.perf_counter() - began)


def _api(scope: Scope) -> str:
    """Return an API's name or a route's template, never a path, which a client can make up."""
    known = scope.get(API) or getattr(scope.get("route"), "path", "other")
    return str(known)


class Exposition:
    """Middleware for `/metrics`, which passes on all else; `count` counts Things, in any thread."""

    def __init__(
        self, app: ASGIApp, meters: Meters, token: str, count: Callable[[], dict[str, int]]
    ) -> None:
        self._app = app
        self._meters = meters
        self._expected = f"Bearer {token}".encode()
        self._count = count
        self._things: dict[str, int] = {}
        self._counted = -math.inf
        self._counting: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        app = self._app
        if scope["path"] == _PATH:
            scope[API] = "metrics"
            app = await self._answer(Headers(scope=scope))
        await app(scope, receive, send)

    async def _answer(self, headers: Headers) -> Response:
        given = headers.get("authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, self._expected):
            return PlainTextResponse(_MISSING, 401, {"WWW-Authenticate": "Bearer"})
        await self._recount()
        text = self._meters.shown(self._things if self._age() < _OLDEST_S else {})
        return Response(text, headers={"Content-Type": self._meters.content_type})

    def _age(self) -> float:
        """Return the seconds since Things were counted."""
        return time.monotonic() - self._counted

    async def _recount(self) -> None:
        """Count the Things, unless that was just done, or is under way."""
        if self._age() < _COUNTED_S:
            return
        if self._counting is None:
            self._counting = asyncio.create_task(self._census())
        await asyncio.wait({self._counting}, timeout=_PATIENCE_S)

    async def _census(self) -> None:
        try:
            self._things = await asyncio.to_thread(self._count)
            self._counted = time.monotonic()
        except Unavailable:  # no figure is better than an old one
            self._things = {}
        finally:
            self._counting = None
