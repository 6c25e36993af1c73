"""A whole release, twice from clones at two places: `python -m tests.e2e.whole_release`.

Both have the same bytes, and the file for Linux starts a Thing that registers with a cloud and
takes an OS update from it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.demo.releases import Releases
from app.place import SOURCE
from build.artifacts.files import SUMS
from tests.e2e.conftest import World
from tests.patience import PATIENCE_S
from tests.unit.firmware import making

VERSION = "9.9.9"
NEWER = "9.9.10"


def main() -> int:
    """Make the releases, compare them, start the Thing; return 0, or 1 if one fails."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bases = _bases(folder)
        _command(SOURCE, "keys", "--keys", str(folder / "keys"), "new", "--no-password")
        made = [_released(folder / place, bases, folder / "keys") for place in ("a", "another b")]
        first, second = ((path / SUMS).read_text() for path in made)
        print(first)
        subprocess.run(["sha256sum", "--check", "--quiet", SUMS], cwd=made[0], check=True)
        ran = _lived(next(made[0].glob("*.pyz")), folder)
    print(
        "the same bytes twice: %s; a Thing in one file, and updated, ran: %s"
        % (first == second, ran)
    )
    return not (first == second and ran == [True, True])


def _bases(folder: Path) -> list[str]:
    """Return the options for a MicroPython of each kind of chip."""
    made = {"ESP32_GENERIC.bin": making.esp32(making.WITH_ROMFS), "C3.bin": b"", "8266.bin": b""}
    made["C3.bin"] = making.esp32(making.WITH_ROMFS, chip="esp32c3")
    made["8266.bin"] = making.esp8266()
    found = []
    for name, data in made.items():
        (folder / name).write_bytes(data)
        found += ["--base", str(folder / name)]
    return found


def _released(folder: Path, bases: list[str], keys: Path) -> Path:
    """Release the checked out commit from a clone of it."""
    clone = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", str(SOURCE), str(clone)], check=True)
    out = folder / "out"
    where = ["--keys", str(keys), "--out", str(out)]
    _command(clone, "release", "v" + VERSION, "--unreleased", *bases, *where)
    return out / ("v" + VERSION)


def _command(tree: Path, *arguments: str) -> None:
    """Run a command of the source in a folder, with the packages of this environment."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONHASHSEED": str(len(str(tree)))}
    command = [sys.executable, "-m", "app.cli", *arguments]
    subprocess.run(command, cwd=tree, env=environment, check=True)


def _lived(alone: Path, folder: Path) -> list[bool]:
    """Start the Thing in a file beside a cloud, which then has a newer OS for it.

    Return whether each of the two ran.
    """
    releases = Releases(folder / "newer")
    world = World()
    with world:
        world.open("--dist", str(releases.dist))
        given = ["--aid", world.aid, "--backend", "http://127.0.0.1:%d" % world.port, "--json"]
        given += ["--cloud-key", world.key, "--root", str(folder / "root")]
        with subprocess.Popen(
            # -S: Python's own library and the file, nothing else.
            [sys.executable, "-I", "-S", str(alone), "run", *given, "--trust", str(releases.trust)],
            env={**os.environ, "SHIV_ROOT": str(folder / "shiv")},
            stdout=subprocess.PIPE,
            text=True,
        ) as thing:
            late = threading.Timer(PATIENCE_S, thing.kill)
            late.start()
            told = map(json.loads, thing.stdout or ())
            ran = [_runs(told, VERSION)]
            releases.make("linux", NEWER)
            world.set(pythings_version=NEWER)
            ran.append(_runs(told, NEWER))
            late.cancel()
            thing.terminate()
        if len(world.admin.things()) != 1:
            return []
    return ran


def _runs(told: Iterator[dict[str, Any]], version: str) -> bool:
    """Return whether that version starts and reaches `run`, before the Thing ends."""
    started = ""
    for event in told:
        started = event["os"] if event["event"] == "boot" else started
        if started == version and event.get("new") == "run":
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
