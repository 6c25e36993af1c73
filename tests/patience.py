"""The time that a test waits for an expected event before it fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

# Seconds. Only a failing test takes this long, so it does not measure the speed of anything: a
# loaded machine takes twenty times as long as a quiet one.
PATIENCE_S = 180.0


def until(condition: Callable[[], object]) -> None:
    """Wait until the condition holds; fail after `PATIENCE_S`."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.05)
