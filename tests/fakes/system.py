"""A computer that counts its restarts."""

from __future__ import annotations

from typing import Callable


class Asleep(BaseException):
    """The machine is off. Its arguments: for how many seconds, and the note."""


class FakeSystem:
    """A system: `restart` returns, as on hardware that cannot restart, unless `on_restart` raises;
    `on_seal` may raise too. `sleep` raises `Asleep`, unless there is a reason why it cannot: `why`;
    `note`: the value of `woken`."""

    def __init__(self, cause: str = "restart", identity: str = "T-FAKE") -> None:
        self.cause = cause
        self.tid = identity
        self.restarts = 0
        self.stops = 0
        self.feeds = 0
        self.watchdog_ms = self.waits_ms = 0
        self.why = "this machine stays on"
        self.note: tuple[int, bytes] = (0, b"")
        self.on_restart: Callable[[], object] | None = None
        self.on_seal: Callable[[str], object] | None = None

    def identity(self) -> str:
        return self.tid

    def platform(self) -> str:
        return "Fake"

    def abi(self) -> str:
        return "mpy6"

    def reset_cause(self) -> str:
        return self.cause

    def restart(self) -> None:
        self.restarts += 1
        if self.on_restart:
            self.on_restart()

    def sleep(self, seconds: int, note: bytes) -> str:
        if self.why or not seconds:
            return self.why
        raise Asleep(seconds, note)

    def woken(self) -> tuple[int, bytes]:
        found, self.note = self.note, (0, b"")
        return found

    def stopped(self) -> None:
        self.stops += 1

    def watchdog(self, ms: int) -> None:
        self.watchdog_ms = ms

    def feed(self, ms: int = 0) -> None:
        self.feeds += 1
        self.waits_ms = ms or self.watchdog_ms

    def seal(self, folder: str) -> None:
        if self.on_seal:
            self.on_seal(folder)

    def memory(self) -> tuple[int, int]:
        return 20_000, 40_000
