"""The OS for a board, as the generator makes it."""

from __future__ import annotations

from dataclasses import replace

from build.firmware import mpy
from build.firmware.model import BoardRelease, FirmwareError
from build.slim import emit
from build.slim.boards import BOARDS, CORE
from build.slim.bundle_layout import DOMAIN
from build.slim.model import SlimError
from build.slim.passes import build
from build.slim.start import FOLDER, version_text

# The modules that MicroPython runs by itself, in this order, and only as source.
START = ("boot", "main")

NEWEST = 6  # the version of .mpy files


def make(board: str, version: int, source: bool = False) -> BoardRelease:
    """Make the OS as `.mpy` files of a version, or as source."""
    try:
        sources = dict(build(BOARDS[board]).sources)
        modules = {name: text for name, text in sources.items() if name not in START}
        arch = None if source else BOARDS[board].arch
        files = emit.files(modules, arch, mpy.compiler(version))
    except SlimError as error:
        raise FirmwareError(str(error)) from None
    mpy.check(files, BOARDS[board].arch, version)
    start = {name + ".py": sources[name].encode() for name in START if name in sources}
    return BoardRelease(files, start, sources, FOLDER if BOARDS[board].plenty else "")


def of_version(os: BoardRelease, board: str, version: int, text: str) -> BoardRelease:
    """Return the OS with another version of its own, in all forms that it has."""
    if "version" not in os.sources:  # nothing starts it, so it does not tell one
        return os
    source = version_text(text)
    arch = None if "version.py" in os.files else BOARDS[board].arch
    made = emit.files({"version": source}, arch, mpy.compiler(version))
    files = {name: made.get(name, os.files[name]) for name in os.files}
    return replace(os, files=files, sources={**os.sources, "version": source})


def kind(name: str) -> str:
    """Tell when a file of the OS is in memory."""
    module = name.rpartition("/")[2].rpartition(".")[0]
    if module in START:
        return "starts it"
    if module == CORE:
        return "always loaded"
    if any(part.startswith("domain.") for part in DOMAIN.get(module, ())):
        return "loaded by a state"
    return "loaded when needed"


def kinds(files: dict[str, bytes]) -> dict[str, tuple[int, int]]:
    """Return the number and the bytes of the files of each kind."""
    found: dict[str, tuple[int, int]] = {}
    for name, data in sorted(files.items()):
        count, size = found.get(kind(name), (0, 0))
        found[kind(name)] = count + 1, size + len(data)
    return found
