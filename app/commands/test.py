"""`pythings test`: the whole test suite, run by tox."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from app import endings

_ROOT = Path(__file__).resolve().parents[2]


def main(argv: list[str]) -> int:
    """Run tox in the project's folder with the given arguments; return its exit status."""
    command = [sys.executable, "-m", "tox", *argv]
    environment = {**os.environ, "PATH": with_pyenv(os.environ.get("PATH", os.defpath))}
    endings.watch()
    with subprocess.Popen(command, cwd=_ROOT, env=environment) as tox:
        while True:
            try:
                return tox.wait()
            except KeyboardInterrupt:  # tox has got it too, and needs time to stop what it runs
                continue
            except SystemExit:
                tox.send_signal(signal.SIGINT)


def with_pyenv(path: str) -> str:
    """Return the search path with pyenv's Pythons at its end.

    pyenv's shims answer "command not found" for every version but those that are activated in this
    folder, so tox would skip Pythons that are there. The Pythons found first still come first.
    """
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return os.pathsep.join([path, *map(str, sorted(root.glob("versions/*/bin")))])
