"""The engines that a scenario runs on; each returns its trace."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from build.slim import emit, wasm
from build.slim.boards import DOMAIN
from build.slim.model import ROOT
from build.slim.passes import program_of, transform
from build.slim.probe import micropython

PACKAGE = "tests.conformance.scenarios"

_DRIVER = """import json
from %(module)s import %(function)s as run

def cases():
    with open("%(name)s.jsonl") as file:
        for line in file:
            yield json.loads(line)

run(print, cases())
"""


def slim_sources() -> dict[str, str]:
    """Return the sources of the slim build, with the scenarios built the same way."""
    program = program_of(DOMAIN, (PACKAGE,))
    transform(program)
    return program.sources


def driver(name: str, slim: bool) -> str:
    """Return a program that runs one scenario."""
    module, function = "%s.%s" % (PACKAGE, name), "run"
    if slim:
        module, function = "watch_" + name, "%s__run" % module.replace(".", "_")
    return _DRIVER % {"module": module, "function": function, "name": name}


def folder(base: Path, sources: dict[str, str], cases: dict[str, str], mpy: bool) -> Path:
    """Write all files that the slim engines need to the folder `base`; return it.

    `mpy`: compiled, as on a board. The modules of a state are loaded each time it is entered:
    MicroPython would spend most of a life on compiling them again.
    """
    base.mkdir(parents=True, exist_ok=True)
    for name, data in emit.files(sources, "" if mpy else None).items():
        (base / name).write_bytes(data)
    for name, text in cases.items():
        (base / (name + ".jsonl")).write_text(text, encoding="utf-8")
        (base / ("run_%s.py" % name)).write_text(driver(name, slim=True), encoding="utf-8")
    return base


def source(place: Path, name: str) -> list[str]:
    """Run a scenario on CPython with `transitions` and `attrs`: the source as it is."""
    command = [sys.executable, "-c", driver(name, slim=False)]
    return _trace(command, place, {**os.environ, "PYTHONPATH": str(ROOT)})


def slim(place: Path, name: str) -> list[str]:
    """Run a scenario on CPython with the slim build."""
    return _trace([sys.executable, "-I", "-c", _ISOLATED % name], place, None)


_ISOLATED = "import sys; sys.path.insert(0, '.'); exec(open('run_%s.py').read())"


def unix(place: Path, name: str) -> list[str]:
    """Run a scenario on MicroPython's unix port, 64 bits."""
    return _trace([*micropython(), "-X", "heapsize=64M", "run_%s.py" % name], place, None)


def webassembly(place: Path, name: str) -> list[str]:
    """Run a scenario on MicroPython on WebAssembly, 32 bits."""
    done = wasm.run(place, "run_%s.py" % name)
    return done.splitlines()


def _trace(command: list[str], place: Path, environment: dict[str, str] | None) -> list[str]:
    done = subprocess.run(
        command, cwd=place, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise AssertionError("%s\n%s\n%s" % (command, done.stdout[-2000:], done.stderr[-2000:]))
    return done.stdout.splitlines()
