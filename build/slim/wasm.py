"""MicroPython on WebAssembly, run by Node.js: the one port with 32-bit words that runs anywhere.

Its package is named in package.json and locked beside it; `install` fetches it once.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from app import place
from build.slim.model import SlimError

FOLDER = Path(__file__).parent / "node"
WHERE = place.made() / "node"
_PACKAGE = "node_modules/@micropython/micropython-webassembly-pyscript/micropython.mjs"


def available() -> bool:
    """Decide whether it is installed, or can be."""
    return shutil.which("node") is not None and (
        (WHERE / _PACKAGE).is_file() or shutil.which("npm") is not None
    )


def install() -> Path:
    """Install the locked package, unless it is there; return its module's path."""
    module = WHERE / _PACKAGE
    if module.is_file():
        return module
    npm = shutil.which("npm")
    if npm is None:
        raise SlimError("Node.js is not installed: there is no npm")
    WHERE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(FOLDER / name, WHERE / name)
    done = subprocess.run(
        [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=WHERE,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SlimError("npm failed: %s" % done.stderr.strip())
    return module


def run(folder: Path, program: str, heap: int = 64 << 20) -> str:
    """Run a program beside the files of `folder`, and return its output."""
    node = shutil.which("node")
    if node is None:
        raise SlimError("Node.js is not installed")
    command = [node, str(FOLDER / "run.mjs"), str(install()), str(folder), program, str(heap)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SlimError("%s failed: %s" % (program, (done.stdout + done.stderr)[-3000:]))
    return done.stdout
