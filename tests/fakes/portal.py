"""A setup portal with a scripted user."""

from __future__ import annotations

from typing import Callable

from domain.errors import DeviceError
from tests.fakes.clock import FakeClock


class FakePortal:
    """A portal: `polls` holds the results of the next polls, (used, closed) or a function of one.

    A poll without a script takes its whole limit; one that is used or closed takes 100 ms.
    """

    def __init__(self, clock: FakeClock, offered: bool = False) -> None:
        self.clock = clock
        self.is_offered = offered
        self.polls: list[tuple[bool, bool] | Callable[[], tuple[bool, bool]]] = []
        self.fault = ""
        self.button = False
        self.opened: list[str] = []
        self.closes = 0
        self.is_open = False

    def offered(self) -> bool:
        return self.is_offered

    def asked(self) -> bool:
        return self.button

    def open(self, tid: str) -> None:
        if self.fault:
            raise DeviceError("portal", f"no access point: {self.fault}")
        self.opened.append(tid)
        self.is_open = True

    def poll(self, limit_ms: int) -> tuple[bool, bool]:
        if self.fault or not self.is_open:
            raise DeviceError("portal", "the portal is not open")
        if not self.polls:
            self.clock.advance(limit_ms)
            return False, False
        answer = self.polls.pop(0)
        result = answer() if callable(answer) else answer
        self.clock.advance(min(limit_ms, 100 if any(result) else limit_ms))
        return result

    def close(self) -> None:
        self.closes += 1
        self.is_open = False
