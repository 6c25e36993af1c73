"""The console's server: a port of its own, in the process and event loop of the cloud.

A port of its own: the protocols of Things and of browsers have nothing in common, and one port may
be open to the network while the other is not.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from nicegui import app as library
from nicegui import ui
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from app.cloud.hosts import Hosts
from app.console.desk import Desk
from app.console.door import LoginRoutes
from app.console.guard import LoginGuard
from app.console.people import People
from app.console.views import register

_STATIC = Path(__file__).parent / "static"
_RECONNECT_S = 20.0  # for which a page's state is kept while its browser is away
Begin = Callable[[], Awaitable[None]]
_LINK = '<link rel="stylesheet" href="/static/console.css">'


class ConsoleServer:
    """The console of one cloud; `code`: see Door. Its `listener` is open already.

    `begin` is awaited once it serves.
    """

    def __init__(
        self, listener: socket.socket, desk: Desk, people: People, code: str, begin: Begin
    ) -> None:
        self._listener = listener
        self._begin = begin
        self._desk = desk
        app = _application(desk, LoginRoutes(people, code, False))
        guard = LoginGuard(app, Hosts((), [socket.gethostname()]), people.actor_of)
        config = uvicorn.Config(
            GZipMiddleware(guard, minimum_size=1000),
            loop="asyncio",
            lifespan="on",
            server_header=False,
            access_log=False,
            log_config=None,
            proxy_headers=False,
            ws_max_size=1 << 20,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Start to serve."""
        await self._desk.watch.open()
        self._task = asyncio.create_task(self._server.serve(sockets=[self._listener]))
        while not self._server.started and not self._task.done():
            await asyncio.sleep(0.01)
        if self._task.done():
            await self._task  # raises the error of the start
        await self._begin()

    async def close(self) -> None:
        """Stop the server and the virtual boards."""
        if self._task:
            self._server.should_exit = True
            await self._task
        await self._desk.watch.close()
        await asyncio.to_thread(self._desk.boards.close)


class _Server(uvicorn.Server):
    """A server that leaves the signals to the cloud."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave all signal handlers as they are."""
        yield


def _application(desk: Desk, door: LoginRoutes) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.router.routes += door.routes()
    app.mount("/static", StaticFiles(directory=_STATIC))
    register(desk)
    ui.add_head_html(_LINK, shared=True)
    # Its bar at the top shows requests of the library's own, and has no name for a screen reader.
    library.config.quasar_config["loadingBar"]["skipHijack"] = True
    ui.run_with(
        app,
        title="Pythings",
        dark=None,
        language="en-US",
        tailwind=False,
        reconnect_timeout=_RECONNECT_S,
        show_welcome_message=False,
        gzip_middleware_factory=None,  # ours is outermost, so that the guard can edit pages
    )
    return app
