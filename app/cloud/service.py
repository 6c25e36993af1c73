"""uvicorn with our own Door: its limits apply from a connection's first moment on."""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.cloud.certificates import Certificate
from app.cloud.door import Door
from app.cloud.errors import CloudFailure
from app.cloud.guests import GuestLimits, Guests
from app.cloud.limited_h11 import LimitedH11Protocol

_LONGEST_HEAD = 16 * 1024  # bytes of a request before its body: a Thing sends some 200
_OTHER_FILES = 50  # besides connections: the database, the listener, the system's own


class Beside(Protocol):
    """A service in the event loop of the cloud, which starts and stops with it."""

    async def open(self) -> None:
        """Start the service."""

    async def close(self) -> None:
        """Stop the service."""


class NotifyingServer(uvicorn.Server):
    """A server that calls `ready` once it accepts connections, and `closing` once it does not."""

    def __init__(
        self,
        config: uvicorn.Config,
        limits: GuestLimits,
        ready: Callable[[], None],
        closing: Callable[[], None],
        beside: Sequence[Beside] = (),
    ) -> None:
        super().__init__(config)
        self._beside = beside
        self._limits = limits
        self._ready = ready
        self._closing = closing
        self._doors: list[Door] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open a door for each listener."""
        await super().startup(sockets=[])
        guests = Guests(self._limits, asyncio.get_running_loop())
        for listener in sockets or []:
            self._doors.append(Door(listener, guests, self._protocol, self.config.ssl))
            self._doors[-1].open()
        for service in self._beside:
            await service.open()
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting connections, and let requests finish that can in a second."""
        for door in self._doors:
            door.close()
        self._closing()
        for service in self._beside:
            await service.close()
        await super().shutdown(sockets=sockets)
        for door in self._doors:  # uvicorn leaves open those that did not finish
            door.clear()
        await asyncio.sleep(0)

    def _protocol(self) -> LimitedH11Protocol:
        return LimitedH11Protocol(self.config, self.server_state, self.lifespan.state)


def files_for(connections: int) -> int:
    """Raise our limit of open files as needed; return how many connections it allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = connections + _OTHER_FILES
    if 0 <= soft < files:  # -1 is no limit
        soft = files if hard < 0 else min(files, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    most = connections if soft < 0 else min(connections, soft - _OTHER_FILES)
    return max(most, 1)


def config_of(app: Any, certificate: Certificate, trusted_proxies: Sequence[str]) -> uvicorn.Config:
    """Configure uvicorn for an application; raises CloudFailure for an unusable certificate."""
    if trusted_proxies:
        app = ProxyHeadersMiddleware(app, list(trusted_proxies))
    config = uvicorn.Config(
        app,
        http=LimitedH11Protocol,
        h11_max_incomplete_event_size=_LONGEST_HEAD,
        loop="asyncio",
        ws="none",
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        date_header=False,
        access_log=False,
        log_config=None,
        log_level="critical",
        timeout_graceful_shutdown=1,
        ssl_certfile=certificate.path,
        ssl_keyfile=certificate.key,
    )
    try:
        config.load()
    except OSError as error:  # ssl.SSLError is one
        raise CloudFailure(
            f"The certificate {certificate.path} with key {certificate.key} cannot be used"
            f" ({error}). Give a PEM certificate and its key, or --tls for one of our own."
        ) from error
    return config
