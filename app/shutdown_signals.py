"""The signals that ask a command to end, so that it leaves nothing behind."""

from __future__ import annotations

import signal
import time
from types import FrameType

_BY_SIGNAL = 128  # and its number: the exit status, as shells count
_ONCE_S = 2.0  # a closed terminal says it twice, and so does timeout(1)


def signals() -> tuple[int, ...]:
    """Ctrl-C, SIGTERM, and that the terminal was closed, unless somebody (nohup) has it ignored."""
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        return (signal.SIGINT, signal.SIGTERM)
    return (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def watch() -> None:
    """From now on all of them end the process by an exception, so that whoever has started
    something ends it; Ctrl-C does so already. To be called before something is started, and not
    earlier: an exception that comes in the middle of an import may be lost."""
    since: list[float] = []

    def end(number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if not since or now - since[-1] > _ONCE_S:  # else it would disturb who is tidying up
            since.append(now)
            raise SystemExit(_BY_SIGNAL + number)

    for number in signals()[1:]:
        signal.signal(number, end)
