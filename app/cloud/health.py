"""Health checks for a proxy or supervisor: `/healthz` of the process, `/readyz` of its database."""

from __future__ import annotations

import asyncio

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.cloud.database.connection import Unavailable
from app.cloud.writer import Writer

_READY_S = 5.0
_RETRY = {"Retry-After": "10"}


class Health:
    """Middleware that answers these two paths, and passes on all others."""

    def __init__(self, app: ASGIApp, writer: Writer) -> None:
        self._app = app
        self._writer = writer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        app = self._app
        if scope["path"] == "/healthz":
            app = PlainTextResponse("ok\n")
        elif scope["path"] == "/readyz":
            app = await self._ready()
        await app(scope, receive, send)

    async def _ready(self) -> PlainTextResponse:
        try:
            await asyncio.wait_for(self._writer.do(lambda: None), _READY_S)
        except (Unavailable, asyncio.TimeoutError):
            return PlainTextResponse("the database does not answer\n", 503, _RETRY)
        return PlainTextResponse("ready\n")
