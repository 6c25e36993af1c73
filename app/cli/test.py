"""`pythings test`: the whole test suite, run by tox."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from app import shutdown_signals

_ROOT = Path(__file__).resolve().parents[2]

# As many environments as there are cores, in the order that tox.ini allows: some mostly wait.
_AT_ONCE = ("run-parallel", "-p", "auto")

_USAGE = """\
usage: pythings test [--quick | --times [--json] | TOX-ARGUMENT ...]

Run all checks of the project with tox: what CI runs for every change.

  --quick    lint, types, and the unit tests of what runs on a Thing: under two minutes
  --times    show how long each environment took when it ran last, each folder of tests, and the
             slowest tests
  --json     with --times: one JSON object
  -e NAME    one environment, with pytest's arguments after `--`
  -m release what runs before a release
  -l         list the environments and the minutes that each takes
"""


def main(argv: list[str]) -> int:
    """Run tox in the project's folder with the given arguments; return its exit status."""
    if argv and argv[0] in ("-h", "--help"):
        sys.stdout.write(_USAGE)
        return 0
    if argv and argv[0] == "--times":
        return show_times(_ROOT / ".tox" / "times", "--json" in argv)
    if not argv:
        argv = list(_AT_ONCE)
    elif argv[0] == "--quick":
        argv = [*_AT_ONCE, "-m", "quick", *argv[1:]]
    elif argv[0] == "-m":
        argv = ["run", *argv]
    elif argv == ["-l"]:
        argv = ["-a", "-v"]
    return run_tox(argv)


def run_tox(argv: list[str]) -> int:
    """Run tox, which gets a Ctrl-C itself; return its exit status."""
    if not (_ROOT / "tox.ini").is_file():
        sys.stderr.write(
            "pythings test: the tests are no part of what is installed - run it in a checkout of "
            "the sources\n"
        )
        return 1
    command = [sys.executable, "-m", "tox", *argv]
    environment = {**os.environ, "PATH": with_pyenv(os.environ.get("PATH", os.defpath))}
    shutdown_signals.watch()
    with subprocess.Popen(command, cwd=_ROOT, env=environment) as tox:
        while True:
            try:
                return tox.wait()
            except KeyboardInterrupt:  # tox has received it too, and needs time to stop its tests
                continue
            except SystemExit:
                tox.send_signal(signal.SIGINT)


def show_times(folder: Path, as_json: bool) -> int:
    """Print the times that tests/times.py has recorded; return the exit status."""
    records = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    if not records:
        sys.stderr.write("pythings test: no test has run here yet; `pythings test` runs them all\n")
        return 1
    if as_json:
        sys.stdout.write(json.dumps({"environments": records}) + "\n")
        return 0
    for record in records:
        sys.stdout.write(_table(record))
    return 0


def _table(record: dict[str, Any]) -> str:
    head = (
        "{environment}: {tests} tests, {seconds} s, {cpu_seconds} s of CPU, load {load_average}\n"
    )
    row = "  {seconds:7} s  {cpu_seconds:7} s of CPU  "
    folders = (row + "{folder}: {tests} tests\n").format
    tests = (row + "{test}\n").format
    return (
        head.format(**record)
        + "".join(folders(**found) for found in record["folders"])
        + "".join(tests(**found) for found in record["slowest"])
    )


def with_pyenv(path: str) -> str:
    """Return the search path with pyenv's Pythons at its end.

    pyenv's shims answer "command not found" for every version but those that are activated in this
    folder, so tox would skip Pythons that are there. The Pythons found first still come first.
    """
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return os.pathsep.join([path, *map(str, sorted(root.glob("versions/*/bin")))])
