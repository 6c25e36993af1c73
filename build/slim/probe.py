"""Measurements on real MicroPython: the memory that stays in use, and the smallest heap."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from build.slim import wasm
from build.slim.model import SlimError

# Each step is a program of its own: MicroPython on WebAssembly collects garbage in between.
_IMPORTED = """import gc
gc.collect()
# step
before = gc.mem_alloc()
for name in %r:
    __import__(name)
gc.collect()
# step
print(gc.mem_alloc() - before)
"""


def micropython() -> list[str]:
    """Return the command line of MicroPython's unix port; empty where it is not installed."""
    if importlib.util.find_spec("micropython_unix") is not None:
        return [sys.executable, "-m", "micropython_unix"]
    found = shutil.which("micropython")
    return [found] if found else []


def kept(release: dict[str, bytes], modules: tuple[str, ...]) -> int:
    """Measure the bytes of heap that these modules keep once imported, on 32-bit words."""
    with tempfile.TemporaryDirectory() as place:
        _lay_out(Path(place), release)
        Path(place, "probe.py").write_text(_IMPORTED % (modules,), encoding="ascii")
        return int(wasm.run(Path(place), "probe.py").split()[-1])


def smallest(release: dict[str, bytes], program: str, below: int = 131072) -> int:
    """Find the smallest heap for a program on the unix port, in words, to a multiple of 32."""
    command = micropython()
    if not command:
        raise SlimError("MicroPython's unix port is not installed")
    with tempfile.TemporaryDirectory() as place:
        _lay_out(Path(place), release)
        Path(place, "probe.py").write_text(program, encoding="utf-8")

        def runs(words: int) -> bool:
            line = [*command, "-X", "heapsize=%dw" % words, "probe.py"]
            done = subprocess.run(line, cwd=place, capture_output=True, text=True, check=False)
            # Not by its status: a wrapper around the interpreter may lose that.
            ran = done.stdout.endswith("done\n")
            if not ran and words >= below:
                said = (done.stdout + done.stderr)[-2000:]
                raise SlimError("the probe does not run in %d words: %s" % (below, said))
            return ran

        low, high = 0, below // 32
        runs(below)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if runs(middle * 32) else (middle, high)
        return high * 32


def _lay_out(place: Path, release: dict[str, bytes]) -> None:
    for name, data in release.items():
        (place / name).write_bytes(data)
