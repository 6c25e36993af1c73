"""A process that ends with the one that started it, even when that is killed."""

from __future__ import annotations

import os
import signal
import sys

VARIABLE = "PYTHINGS_PARENT"  # its number, in the environment of a command that ends with it

_PR_SET_PDEATHSIG = 1  # prctl(2)


def end_with(parent: int) -> None:
    """Also what we become (`exec`); not what we start. Elsewhere than on Linux: nothing."""
    if sys.platform == "linux":
        import ctypes  # for few

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)  # it had gone before we asked
