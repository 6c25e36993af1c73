"""The report on the images: tables for people, one JSON object for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from build.firmware.layout import NEEDS_ROMFS, facts
from build.firmware.model import BuildResult, Use
from build.firmware.release import kinds


def as_json(results: list[BuildResult], out: Path) -> str:
    """Return the figures of all boards as a JSON text."""
    return json.dumps({"out": str(out), "boards": [_board(made) for made in results]})


def _board(made: BuildResult) -> dict[str, Any]:
    files = made.release.all
    told: dict[str, Any] = {
        "board": made.board,
        "images": {path: len(data) for path, data in sorted(made.files.items())},
        "modules": {name: len(data) for name, data in sorted(files.items())},
        "kinds": {
            kind: {"files": count, "bytes": size} for kind, (count, size) in kinds(files).items()
        },
        "starts": "main.py" in made.release.start,
        "file_systems": {path: _use(use) for path, use in made.uses.items()},
    }
    if made.flashable is not None:
        told["firmware"] = {
            "micropython": made.flashable.micropython,
            "flash_at": made.flashable.start,
            "partitions": {use.place.name: _use(use) for use in made.flashable.uses},
        }
    return told


def _use(use: Use) -> dict[str, int]:
    return {"offset": use.place.offset, "size": use.place.size, "used": use.used}


def show(results: list[BuildResult], out: Path) -> None:
    """Print the sizes of the OS, the use of each partition, and the commands to flash it."""
    console = Console(highlight=False)
    sizes = Table("board", "modules", "files", "bytes", title="The OS")
    full = Table("board", "image", "at", "size", "used", "full", title="Partitions")
    for table, columns in ((sizes, (2, 3)), (full, (2, 3, 4, 5))):
        for column in columns:
            table.columns[column].justify = "right"
    for made in results:
        _add(made, sizes, full)
    console.print(sizes)
    console.print(full)
    for made in results:
        _next(console, made, out / made.board)


def _add(made: BuildResult, sizes: Table, full: Table) -> None:
    files = made.release.all
    for kind, (count, size) in kinds(files).items():
        sizes.add_row(made.board, kind, str(count), f"{size:,}")
    total = sum(map(len, files.values()))
    sizes.add_row(made.board, "all", str(len(files)), f"{total:,}", end_section=True)
    rows = list(made.uses.items())
    if made.flashable is not None:
        rows += [("firmware.bin: " + use.place.name, use) for use in made.flashable.uses]
    for name, use in rows:
        percent = "%.1f %%" % (100 * use.used / use.place.size)
        at, size = "0x%06x" % use.place.offset, use.place.size
        full.add_row(made.board, name, at, f"{size:,}", f"{use.used:,}", percent)
    full.add_section()


def _next(console: Console, made: BuildResult, folder: Path) -> None:
    console.print("%s: in %s" % (made.board, folder), markup=False, soft_wrap=True)
    if "main.py" not in made.release.start:
        text = "  The OS has no main.py for this board: it is there, but does not start by itself."
        console.print(text, style="yellow", soft_wrap=True)
    if facts(made.board).chip == "esp8266":  # here, and beside the command that flashes it
        console.print("  " + NEEDS_ROMFS, style="yellow", soft_wrap=True)
    if made.flashable is not None:
        line = "  Made of %s\n  To flash it (what is on the board is lost):\n    %s" % (
            made.flashable.micropython,
            "esptool write-flash 0x%x %s" % (made.flashable.start, folder / "firmware.bin"),
        )
        console.print(line, markup=False, soft_wrap=True)
