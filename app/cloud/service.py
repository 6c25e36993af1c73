"""uvicorn, with a door of our own: its limits begin where a connection begins."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import uvicorn

from app.cloud.door import Door
from app.cloud.guests import Guests, Limits
from app.cloud.patience import Patient


class Service(uvicorn.Server):
    """Calls `ready` once connections are accepted, and `closing` when none is any more."""

    def __init__(
        self,
        config: uvicorn.Config,
        limits: Limits,
        ready: Callable[[], None],
        closing: Callable[[], None],
    ) -> None:
        super().__init__(config)
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
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let those finish that can in a second."""
        for door in self._doors:
            door.close()
        self._closing()
        await super().shutdown(sockets=sockets)
        for door in self._doors:  # uvicorn leaves open whom it did not wait for
            door.clear()
        await asyncio.sleep(0)

    def _protocol(self) -> Patient:
        return Patient(self.config, self.server_state, self.lifespan.state)
