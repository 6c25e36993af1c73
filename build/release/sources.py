"""The files of a release: the generated OS for a board, or our own source for Linux."""

from __future__ import annotations

import ast
from pathlib import Path

from app import place
from app.boards import linux, raspberrypi
from app.place import SOURCE
from build.firmware import release as firmware
from build.firmware.cache import made_before
from build.firmware.model import FirmwareError
from build.release.signing import ReleaseError
from build.release.texts import ReleaseFile
from build.slim.boards import BOARDS
from build.slim.start import FILES, version_text

_HOSTED = {"linux": linux.PLATFORM, "raspberrypi": raspberrypi.PLATFORM}

# The cloud's name of each board's platform.
PLATFORMS = {**{name: name for name in BOARDS}, "micropython": "MicroPython", **_HOSTED}

_OURS = ("domain", "ports", "adapters", "app")


def abi(board: str, mpy: int) -> str:
    """Return the ABI that the files need."""
    return "py3" if board in _HOSTED else "mpy%d" % mpy


def files(board: str, version: str, mpy: int) -> tuple[ReleaseFile, ...]:
    """Return the files of the OS of that version, except those that an update never replaces."""
    found = _linux() if board in _HOSTED else _board(board, mpy)
    found["version.py"] = version_text(version).encode()
    return tuple(file_of(name, data) for name, data in sorted(found.items()))


def file_of(name: str, data: bytes) -> ReleaseFile:
    """Return the file in its shortest encoding."""
    plain = all(byte == 10 or 32 <= byte < 127 for byte in data)
    ways = ["text"] if plain else ["base64"]
    return min(
        (ReleaseFile(name, data, way) for way in [*ways, "deflated"]), key=lambda one: len(one.wire)
    )


def _board(board: str, mpy: int) -> dict[str, bytes]:
    try:
        made = made_before(board, mpy)
    except FirmwareError as error:
        raise ReleaseError(str(error)) from None
    never = {*firmware.START, *FILES} - {"start"}
    return {name: data for name, data in made.files.items() if name.split(".")[0] not in never}


def _linux() -> dict[str, bytes]:
    """Return the modules that the composition root and the app's process import, by path."""
    found: dict[str, bytes] = {}
    todo = ["app.boards.hosted", "adapters.linux.appchild"]
    while todo:
        name = todo.pop()
        path = _path(name)
        if path is None or path in found:
            continue
        text = place.text(SOURCE / path)
        found[path] = text.encode()
        todo += _imports(ast.parse(text))
        parts = name.split(".")
        todo += [".".join(parts[:count]) for count in range(1, len(parts))]
    return found


def _path(name: str) -> str | None:
    base = Path(*name.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if (SOURCE / path).is_file():
            return path.as_posix()
    return None


def _imports(tree: ast.Module) -> list[str]:
    """Return the modules of ours that are imported at run time: none for the types alone."""
    found: list[str] = []
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        todo += [one for one in ast.iter_child_nodes(node) if not _for_types(one)]
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
            found += ["%s.%s" % (node.module, alias.name) for alias in node.names]
    return [name for name in found if name.split(".")[0] in _OURS]


def _for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
