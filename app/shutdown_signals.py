"""The signals that ask a command to end, turned into exceptions so that it can clean up."""

from __future__ import annotations

import signal
import time
from types import FrameType

_BY_SIGNAL = 128  # plus the signal's number: the exit status, as in shells
_ONCE_S = 2.0  # a closed terminal sends its signal twice, and so does timeout(1)


def signals() -> tuple[int, ...]:
    """Return SIGINT (Ctrl-C), SIGTERM, and SIGHUP (closed terminal) unless ignored (nohup)."""
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        return (signal.SIGINT, signal.SIGTERM)
    return (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def watch() -> None:
    """Let each signal raise SystemExit, so that `finally` blocks stop all that was started.

    Ctrl-C raises KeyboardInterrupt already. Call this just before starting something, not earlier:
    an exception in the middle of an import may be lost.
    """
    since: list[float] = []

    def end(number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if not since or now - since[-1] > _ONCE_S:  # a repetition would interrupt the clean-up
            since.append(now)
            raise SystemExit(_BY_SIGNAL + number)

    for number in signals()[1:]:
        signal.signal(number, end)
