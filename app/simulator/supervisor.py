"""The supervisor of a board: it supplies power, serves the hardware, restarts after each reset.

A single thread does it all: it reads every feed of the watchdog that was sent before it checks the
timeout, and it cuts the power by killing the process, which nothing in the program can resist or
delay.
"""

from __future__ import annotations

import threading
import time
from typing import Any, Callable

from app.simulator import boards
from app.simulator.energy import Energy
from app.simulator.errors import HardwareRefusal
from app.simulator.hardware import Hardware
from app.simulator.life import CORRUPT, ENDED, SOFT_RESET, BoardRun
from app.simulator.loop import Loop, Moment

OFF = "off"
ON = "on"
PROMPT = "prompt"  # the program has ended; a user at the console could continue
ASLEEP = "asleep"

_CTRL_C = 3  # the character that interrupts a program, unless changed; negative: none
_PRESS_S = 0.05  # until a timer's callback has ended
_STOP_S = 5.0  # for the program to end after Ctrl-C
_DEBUG, _WARNING, _ERROR = 10, 30, 40

Tell = Callable[..., None]


class Supervisor:
    """The supervisor of a board.

    `start()` makes a `BoardRun`; `setup` is added to the hardware's configuration for the board's
    stand-ins; `show(line)` receives the board's output.
    """

    def __init__(
        self,
        hardware: Hardware,
        start: Callable[[], BoardRun],
        setup: dict[str, Any],
        tell: Tell,
        show: Callable[[str], None],
    ) -> None:
        self.hardware = hardware
        self.state = OFF
        self.failed = False
        self.cut_after = 0  # operations on the flash, in the next life
        self.timers_ms = 0  # the longest timer, from the next life on; 0: no limit
        self.sleeps_ms = 0  # the same for `time.sleep`
        self.naps_ms = 0  # the longest deep sleep: for the rest of it the clocks jump; 0: no limit
        self.energy = Energy()
        self.flash_read = 0  # bytes of the file system's part, since power-on or reset
        self.marks: dict[str, int] = {}  # `flash_read` at each mark that the program has set since
        self.news = threading.Condition()
        self._start, self._setup = start, setup
        self._tell, self._show = tell, show
        self._life: BoardRun | None = None
        self._started = False
        self._cause = ""
        self._keys = _CTRL_C
        self._watchdog_ms = 0
        self._bite: float | None = None
        self._wake: float | None = None
        self._press: float | None = None  # Ctrl-C again
        self._give_up: float | None = None
        self._loop = Loop(self._moments, hardware.look)
        self._loop.start()

    def order(self, act: Callable[[], None]) -> None:
        """Have the loop perform an action; return when it is done, and raise its error."""
        self._loop.order(act)

    def power_on(self) -> None:
        """Turn the power on; nothing was kept. Runs in the loop."""
        if self.state == OFF:
            self.hardware.lose_power()
            self._begin(boards.POWER_ON)

    def power_off(self) -> None:
        """Pull the plug. Runs in the loop."""
        if self.state != OFF:
            self._end()
            self._become(OFF, "power_cut")

    def reset(self, cause: str = boards.BUTTON) -> None:
        """Restart the board. Runs in the loop."""
        if self.state != OFF:
            self._end()
            self.hardware.restart(cause)
            self._begin(cause)

    def stop(self) -> None:
        """Press Ctrl-C; turn the power off at the end, or after 5 s. Runs in the loop."""
        if self._life and self.state == ON and self._keys >= 0:
            self._give_up = time.monotonic() + _STOP_S
            self._life.interrupt()
        elif self.state != OFF:
            self._give_up_now()

    def interrupt(self) -> None:
        """Press Ctrl-C: an interrupt, or a byte if the program wants it so. Runs in the loop."""
        if self._life and self._keys >= 0:
            self._life.interrupt()
        elif self._life:
            self._life.type(b"\x03")

    def hurry(self, ms: int) -> None:
        """Limit the timeout of this run's watchdog, if there is one. Runs in the loop."""
        if self._watchdog_ms:
            self._watchdog_ms = ms
            self._on_feed()

    def type(self, data: bytes) -> None:
        """Type on the console. Runs in the loop."""
        if self._life:
            self._life.type(data)

    def close(self) -> None:
        """Turn the power off, for good."""

        def end() -> None:
            self._end()

        self._loop.close(end)
        self.hardware.close()

    def _moments(self) -> list[Moment]:
        known = [
            (self._give_up, self._give_up_now),
            (self._press, self._press_again),
            (self._bite, lambda: self.reset(boards.WATCHDOG)),
            (self._wake, lambda: self.reset(boards.DEEPSLEEP)),
            (self.hardware.station.next_change(time.monotonic()), self.hardware.look),
        ]
        return [(at, act) for at, act in known if at is not None]

    def _press_again(self) -> None:
        self._press = None
        if self._life:
            self._life.interrupt()

    def _give_up_now(self) -> None:
        self._end()
        self._become(OFF, "board_off")

    def _begin(self, cause: str) -> None:
        self._cause, self._started = cause, False
        self.flash_read = 0
        self.marks = {}
        self._keys = _CTRL_C
        life = self._life = self._start()
        self._loop.watch(life.line, self._serve)
        self._loop.watch(life.console, self._print)
        self._become(ON, "board_reset", cause=cause)

    def _end(self) -> int:
        """End the current life, if any, and return its exit status."""
        life, self._life = self._life, None
        self._bite = self._wake = self._give_up = self._press = None
        self._watchdog_ms = 0
        if life is None:
            return 0
        life.kill()
        for file in (life.line, life.console):
            self._loop.forget(file)
        for line in life.rest():
            self._show(line)
        life.close()
        return life.status()

    def _become(self, state: str, event: str, **fields: Any) -> None:
        self.energy.look(state == ON, state == ON and self.hardware.radio_on())
        with self.news:
            self.state = state
            self.news.notify_all()
        self._tell(event, **fields)

    def _print(self) -> None:
        assert self._life
        lines = self._life.printed()
        if lines is None:
            self._loop.forget(self._life.console)
        for line in lines or []:
            self._show(line)

    def _serve(self) -> None:
        life = self._life
        assert life
        self.energy.look(True, self.hardware.radio_on())
        requests = life.requests()
        if requests is None:
            self._loop.forget(life.line)
            self._has_ended(life.status())
        for number, name, *arguments in requests or []:
            own = getattr(self, "_on_" + name, None)
            try:
                value = own(*arguments) if own else self.hardware.ask(name, arguments)
                answer: tuple[Any, ...] = (True, value)
            except HardwareRefusal as refusal:
                answer = (False, refusal.error, refusal.arguments)
            if life is not self._life:
                return  # the life ended with that request
            if number:
                life.answer(number, *answer)

    def _has_ended(self, status: int) -> None:
        bite, stopping = self._bite, self._give_up is not None
        self._end()
        if stopping:
            self._become(OFF, "board_off")
        elif status in (ENDED, CORRUPT):
            self._bite = bite  # a watchdog that the program started keeps running
            why = "ended" if status == ENDED else "corrupt"
            self._become(PROMPT, "board_prompt", level=_WARNING, why=why)
        elif self._started:
            cause = boards.SOFT if status == SOFT_RESET else boards.EXCEPTION
            self.hardware.restart(cause)
            self._begin(cause)
        else:
            self.failed = True
            self._become(OFF, "board_failed", level=_ERROR, status=status)

    def _on_boot(self) -> dict[str, Any]:
        cut_after, self.cut_after = self.cut_after, 0
        hurry = {"timers_ms": self.timers_ms, "sleeps_ms": self.sleeps_ms}
        own = {"cut_after": cut_after, **hurry}
        return {**self.hardware.config(self._cause), **self._setup, **own}

    def _on_keys(self, character: int) -> None:
        self._keys = character

    def _on_started(self, free: int) -> None:
        self._started = True
        self._tell("board_started", level=_DEBUG, free=free)

    def _on_small(self, free: int) -> None:
        self._tell("board_small", level=_WARNING, free=free)

    def _on_formatted(self) -> None:
        self._tell("formatted")

    def _on_wdt(self, ms: int) -> None:
        self._watchdog_ms = ms
        self._on_feed()

    def _on_feed(self) -> None:
        if self._watchdog_ms:
            self._bite = time.monotonic() + self._watchdog_ms / 1000

    def _on_reset(self) -> None:
        self.reset(boards.RESET)

    def _on_deepsleep(self, ms: int) -> None:
        self.energy.look(True, self.hardware.radio_on())
        spent = self.energy.spent()
        self._end()
        self.hardware.restart(boards.DEEPSLEEP)
        nap = min(ms, self.naps_ms or ms)
        self.hardware.skip((ms - nap) / 1000)
        self.energy.asleep_s += (ms - nap) / 1000
        self._wake = time.monotonic() + nap / 1000 if ms else None
        self._become(ASLEEP, "board_asleep", ms=ms, **spent)

    def _on_flash_read(self, size: int) -> None:
        self.flash_read += size

    def _on_mark(self, name: str) -> None:
        self.marks[name] = self.flash_read

    def _on_swallowed(self) -> None:
        """Schedule Ctrl-C again: a timer's callback received it, not the program."""
        self._press = time.monotonic() + _PRESS_S

    def _on_power_fails(self) -> None:
        self.power_off()
