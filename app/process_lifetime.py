"""Child processes that end with us, and a process that ends with its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

VARIABLE = "PYTHINGS_PARENT"  # its number, in the environment of a command that ends with it

_PR_SET_PDEATHSIG = 1  # prctl(2)


def end_with(parent: int) -> None:
    """Also what we become (`exec`); not what we start. Elsewhere than on Linux: nothing."""
    if sys.platform == "linux":
        import ctypes  # for few

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)  # it had gone before we asked


# The kernel ends a child with the thread that started it: this one lives as long as we do.
_starter = ThreadPoolExecutor(1)


def start(command: list[str], **options: Any) -> subprocess.Popen[Any]:
    """Start a `pythings` command, or another program that calls `end_with`; `options` are those of
    `Popen`. Raises OSError."""
    environment = options.pop("env", None) or os.environ
    options["env"] = {**environment, VARIABLE: str(os.getpid())}
    return _starter.submit(lambda: subprocess.Popen(command, **options)).result()
