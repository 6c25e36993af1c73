"""How long the cloud waits for the rest of a request, and for how many at once."""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_S = 30.0  # for a whole request, also one that trickles in: a modem sends some 1 kB a second
MOST = 200  # connections that wait: far below 1,024, the files that most systems let a process open

_INCOMPLETE = (h11.IDLE, h11.SEND_BODY)


def patient(request_s: float = REQUEST_S, most: int = MOST) -> type[Patient]:
    """The protocol of one server, whose connections know of each other."""
    return type("PatientOfOne", (Patient,), {"limit_s": request_s, "most": most, "waiting": {}})


class Patient(H11Protocol):
    """Loses a connection whose request takes too long, and the oldest when too many wait.

    Without it, whoever opens connections and says nothing keeps everybody else out.
    """

    limit_s: float
    most: int
    waiting: dict[Patient, asyncio.TimerHandle]  # the oldest first

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """From now on it waits for its first request."""
        super().connection_made(transport)
        self._wait()
        if len(self.waiting) > self.most:
            oldest = next(iter(self.waiting))
            oldest._go_on()
            oldest.transport.abort()

    def data_received(self, data: bytes) -> None:
        """It waits until the request is whole: what comes meanwhile gives it no more time."""
        super().data_received(data)
        if self.conn.their_state not in _INCOMPLETE:
            self._go_on()

    def on_response_complete(self) -> None:
        """It waits for its next request, as uvicorn lets it: for less."""
        super().on_response_complete()
        if not self.transport.is_closing():
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody waits any more."""
        self._go_on()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._go_on()
        self.waiting[self] = self.loop.call_later(self.limit_s, self.transport.abort)

    def _go_on(self) -> None:
        timer = self.waiting.pop(self, None)
        if timer:
            timer.cancel()
