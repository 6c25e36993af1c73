"""`python -m build budget`: what the OS costs on a board, against build/budget_device.json.

The figures are exact for the compiler and interpreter that they were made with: the same source
gives the same figures. A figure above its limit fails, and so does one that has grown beyond what
is recorded: write it down anew (`--record`) when it is worth it.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from build import budget_life
from build.slim import emit, probe
from build.slim.boards import BOARDS, Board
from build.slim.model import SlimError
from build.slim.passes import program_of, transform

BUDGET = Path(__file__).with_name("budget_device.json")

# What is loaded at once in `run`.
RUN = ("pt", "pt_run")

_GROWTH = (
    1.005  # what a figure may grow by unrecorded: a bit more than the noise of a heap's blocks
)
_LARGEST = 12


def sizes(board: Board) -> dict[str, int]:
    """Bytes of `.mpy` of each module."""
    program = program_of(board)
    transform(program)
    release = emit.compiled(program.sources, board.arch)
    return {name: len(data) for name, data in sorted(release.items())}


def measure(board: Board, heap: bool) -> dict[str, int]:
    """All figures of a board; those of the heap need the interpreters."""
    found = sizes(board)
    figures = {
        "mpy": sum(found.values()),
        "mpy_run": sum(found[name] for name in RUN),
        **{"mpy_" + name: size for name, size in found.items()},
    }
    if heap and not board.arch:
        program = program_of(board)
        transform(program)
        release = emit.files(program.sources, "")
        figures["heap32_core"] = probe.kept(release, RUN[:1])
        figures["heap32_run"] = probe.kept(release, RUN)
        figures["words64_import"] = probe.smallest(release, budget_life.imports(RUN))
        figures["words64_life"] = budget_life.smallest(board)
    return figures


def complaints(name: str, figures: dict[str, int], budget: dict[str, Any]) -> list[str]:
    """A sentence for each figure that is above its limit, or has grown."""
    said = []
    for key, value in figures.items():
        limit = budget["limits"].get(name, {}).get(key)
        before = budget["recorded"].get(name, {}).get(key)
        if limit is not None and value > limit:
            said.append("%s: %s is %d, and at most %d is promised" % (name, key, value, limit))
        elif before is not None and value > before * _GROWTH:
            said.append("%s: %s has grown from %d to %d" % (name, key, before, value))
    return said


def largest(board: Board) -> list[tuple[int, str]]:
    """Bytes of `.mpy` that the source files cost: what the release is smaller by without them.

    Each is measured by itself, compiled alone with the names that it has in the release.
    """
    program = program_of(board)
    transform(program)
    parts: dict[str, list[str]] = {}
    for found in program.bundles.values():
        for entity in found:
            parts.setdefault(entity.path, []).append(entity.name)
    alone = emit.compiled(budget_life.texts(program), board.arch)
    return sorted(((len(alone[path.replace("/", "_")[:-3]]), path) for path in parts), reverse=True)


def show(name: str, figures: dict[str, int], budget: dict[str, Any]) -> None:
    """Print the figures, and what room is left."""
    sys.stdout.write("%s\n" % name)
    for key, value in figures.items():
        limit = budget["limits"].get(name, {}).get(key)
        room = "" if limit is None else "  of %6d, %6d left" % (limit, limit - value)
        sys.stdout.write("  %-16s %6d%s\n" % (key, value, room))


def main(argv: list[str] | None = None) -> int:
    """Measure, print; gives 1 if a limit is exceeded or a figure has grown."""
    parser = argparse.ArgumentParser(prog="python -m build budget", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when a figure is too large")
    parser.add_argument("--record", action="store_true", help="write the figures down")
    parser.add_argument("--no-heap", action="store_true", help="only the sizes of the files")
    arguments = parser.parse_args(argv)
    budget = json.loads(BUDGET.read_text(encoding="ascii"))
    said: list[str] = []
    try:
        for name, board in BOARDS.items():
            figures = measure(board, heap=not arguments.no_heap)
            show(name, figures, budget)
            said += complaints(name, figures, budget)
            if arguments.record:
                budget["recorded"][name] = figures
        sys.stdout.write("the largest source files, each compiled alone\n")
        for size, path in largest(BOARDS["esp8266"])[:_LARGEST]:
            sys.stdout.write("  %6d  %s\n" % (size, path))
    except SlimError as error:
        sys.stderr.write("budget: %s\n" % error)
        return 1
    if arguments.record:
        BUDGET.write_text(json.dumps(budget, indent=2) + "\n", encoding="ascii")
        return 0
    sys.stderr.writelines("budget: %s\n" % text for text in said)
    return 1 if said and arguments.check else 0
