"""Child processes that end with us, and a process that ends with its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

VARIABLE = "PYTHINGS_PARENT"  # the parent's pid, for a command that ends with its parent

_PR_SET_PDEATHSIG = 1  # prctl(2)


def end_with(parent: int) -> None:
    """Kill this process when its parent ends; this survives `exec`, and children do not inherit it.

    Do nothing on systems other than Linux.
    """
    if sys.platform == "linux":
        import ctypes  # few commands need it

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)  # it ended before the call of prctl


# The kernel ends a child with the thread that started it: this thread lives as long as we do.
_starter = ThreadPoolExecutor(1)


def start(command: list[str], **options: Any) -> subprocess.Popen[Any]:
    """Start a `pythings` command, or another program that calls `end_with`, as our child.

    `options` are those of `Popen`. Raise OSError if it cannot be started.
    """
    environment = options.pop("env", None) or os.environ
    options["env"] = {**environment, VARIABLE: str(os.getpid())}
    return _starter.submit(lambda: subprocess.Popen(command, **options)).result()
