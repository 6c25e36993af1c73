"""The management API as an ASGI application, which is built at its first request.

FastAPI and Pydantic take a second to import: neither the start nor a Thing waits for that.
"""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from app.cloud.http import API
from app.cloud.manage.guard import PREFIX, Guard
from app.cloud.manage.service import Management


class ManageApi:
    """The ASGI application for all paths below PREFIX."""

    def __init__(self, manage: Management) -> None:
        self.manage = manage
        self._inner: ASGIApp | None = None
        self._making = asyncio.Lock()
        self._guard = Guard(self._answer, manage.logins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._guard(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._making:
            if self._inner is None:
                self._inner = await asyncio.to_thread(self._make)
        del scope[API]
        await self._inner(scope, receive, send)

    def _make(self) -> ASGIApp:
        from app.cloud.manage.routes.application import application

        return application(self.manage)


__all__ = ["PREFIX", "ManageApi"]
