"""A condition that the main thread stops waiting for when the user presses Ctrl-C."""

from __future__ import annotations

import threading
import time
from typing import Callable

_LOOK_S = 0.1


class InterruptibleCondition(threading.Condition):
    """A condition for threads that share something.

    A signal handler that raises KeyboardInterrupt may do so where a lock has just been taken, and
    no code would release it. So it sets `interrupted`, and the main thread raises the error itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self.interrupted = False

    def until(self, found: Callable[[], object], seconds: float) -> bool:
        """Wait until `found` is true; return whether it is. The condition's lock is held."""
        end = time.monotonic() + seconds
        main = threading.current_thread() is threading.main_thread()
        while not found():
            left = end - time.monotonic()
            if main and self.interrupted:
                self.interrupted = False
                raise KeyboardInterrupt
            if left <= 0:
                return False
            self.wait(min(left, _LOOK_S))
        return True
