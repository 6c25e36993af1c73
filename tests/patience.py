"""How long a test waits for what it expects, before it says that it did not come."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

# Seconds. Only a test that fails takes as long, so it is no measure of how fast anything is: a
# machine at work takes twenty times as long as a quiet one.
PATIENCE_S = 180.0


def until(condition: Callable[[], object]) -> None:
    """Wait until it holds."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.05)
