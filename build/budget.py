"""`python -m build budget`: what the OS costs on a board, against build/budget_device.json.

The sizes are exact for the compiler that they were made with; a life's figures differ a little each
time. A figure above its limit fails, and so does one that has grown beyond what is recorded: write
it down anew (`--record`) when it is worth it. Where a goal is not reached, what is reached is the
limit.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from pathlib import Path
from typing import Any

from build import budget_features, budget_flash, budget_life, budget_os, budget_stack, lx106
from build.slim import emit, probe
from build.slim.boards import BOARDS, Board
from build.slim.model import Program, SlimError
from build.slim.passes import program_of, transform

BUDGET = Path(__file__).with_name("budget_device.json")

# The modules loaded throughout `run`, and the most that an exchange with the cloud loads at once.
RUN = ("pt", "pt_run")
EXCHANGE = (*RUN, "pt_manage", "pt_send", "pt_net", "pt_wire", "pt_modem")

# The boards with hardly enough memory for an OS update.
_SMALL = ("esp8266", "esp8266_sim800")

# Growth allowed without a record: slightly above the noise of a heap's blocks, or of a life.
_GROWTH = 1.005
_NOISE = 1.03
_LARGEST = 12


def sizes(program: Program, board: Board) -> dict[str, int]:
    """Return the bytes of `.mpy` of each module."""
    release = emit.compiled(program.sources, board.arch)
    return {name: len(data) for name, data in sorted(release.items())}


def measure(board: Board, heap: bool, known: dict[str, int]) -> dict[str, int]:
    """Return all figures of a board; those of the heap need the interpreters.

    `known`: the recorded figures; if the recorded heap of an OS update is enough, no smaller one is
    sought.
    """
    program = program_of(board)
    transform(program)
    found = sizes(program, board)
    figures = {
        "mpy": sum(found.values()),
        "mpy_run": sum(found.get(name, 0) for name in EXCHANGE),
        **{"mpy_" + name: size for name, size in found.items()},
    }
    if heap and not board.arch:
        release = emit.files(program.sources, "")
        # WebAssembly has no such module; an import uses nothing of it.
        stand_in = {**release, "select.py": b""}
        figures["heap32_core"] = probe.kept(stand_in, RUN[:1])
        figures["heap32_run"] = probe.kept(stand_in, RUN)
        with budget_life.lives(program.renamed) as lives:
            for rom in (False, True):
                life = lives.smallest(release, rom)
                figures["words_rom" if rom else "words_mpy"] = life.words
                figures["kept_rom" if rom else "kept_mpy"] = life.kept
        figures["lx106_heap_kept"] = lx106.heap(figures["kept_rom"])
    if heap and board.name in budget_flash.BOARDS:
        figures.update(budget_flash.measure(board.name))
    if heap and board.name in _SMALL:
        with budget_os.updates(board.name) as updates:
            figures["words_os"] = updates.smallest(known.get("words_os", 0))
        figures["lx106_heap_os"] = lx106.heap(figures["words_os"])
        figures.update(budget_stack.measure(board.name))
    return figures


def complaints(name: str, figures: dict[str, int], budget: dict[str, Any]) -> list[str]:
    """Return a sentence for each figure that is above its limit or has grown.

    A single file may grow up to its limit.
    """
    said = []
    for key, value in figures.items():
        limit = budget["limits"].get(name, {}).get(key)
        before = budget["recorded"].get(name, {}).get(key)
        growth = _NOISE if key.startswith(("words", "kept", "stack", "lx106", "flash")) else _GROWTH
        if limit is not None and value > limit:
            said.append("%s: %s is %d, and at most %d is promised" % (name, key, value, limit))
        elif before is not None and value > before * growth and not key.startswith("mpy_pt"):
            said.append("%s: %s has grown from %d to %d" % (name, key, before, value))
    return said


def largest(board: Board) -> list[tuple[int, str, int]]:
    """Return (bytes of `.mpy`, path, functions) of each source file, the largest first.

    Each is compiled alone, with the names that it has in the release.
    """
    program = program_of(board)
    transform(program)
    texts: dict[str, list[str]] = {}
    for entity in [item for found in program.bundles.values() for item in found]:
        texts.setdefault(entity.path, []).append(ast.unparse(entity.node))
    sources = {path.replace("/", "_")[:-3]: "\n".join(found) for path, found in texts.items()}
    alone = emit.compiled(sources, board.arch)
    return sorted(
        (
            (len(alone[name]), path, len(re.findall(r"\b(?:def|lambda)\b", sources[name])))
            for path, name in ((path, path.replace("/", "_")[:-3]) for path in texts)
        ),
        reverse=True,
    )


def show(name: str, figures: dict[str, int], budget: dict[str, Any]) -> None:
    """Print the figures of a board, the room left under each limit, and the goals."""
    sys.stdout.write("%s\n" % name)
    for key, value in figures.items():
        limit = budget["limits"].get(name, {}).get(key)
        goal = budget.get("goals", {}).get(name, {}).get(key)
        room = "" if limit is None else "  of %6d, %6d left" % (limit, limit - value)
        room += "" if goal is None else "; the goal is %d" % goal
        sys.stdout.write("  %-16s %6d%s\n" % (key, value, room))


def main(argv: list[str] | None = None) -> int:
    """Measure and print the figures; return 1 if a limit is exceeded or a figure has grown."""
    parser = argparse.ArgumentParser(prog="python -m build budget", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when a figure is too large")
    parser.add_argument("--record", action="store_true", help="write the figures down")
    parser.add_argument("--no-heap", action="store_true", help="only the sizes of the files")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args(argv)
    budget = json.loads(BUDGET.read_text(encoding="ascii"))
    said: list[str] = []
    report: dict[str, Any] = {"boards": {}, "files": []}
    try:
        for name, board in BOARDS.items():
            known = {} if arguments.record else budget["recorded"].get(name, {})
            figures = report["boards"][name] = measure(board, not arguments.no_heap, known)
            said += complaints(name, figures, budget)
            if name == budget_features.BOARD:
                said += budget_features.complaints(figures, budget)
            if not arguments.json:
                show(name, figures, budget)
            if arguments.record:
                before = budget["recorded"].get(name, {}) if arguments.no_heap else {}
                others = {key: before[key] for key in before if not key.startswith("mpy")}
                budget["recorded"][name] = {**figures, **others}
        found = largest(BOARDS["esp8266"])
    except SlimError as error:
        sys.stderr.write("budget: %s\n" % error)
        return 1
    if arguments.json:
        report["files"] = [{"path": path, "mpy": size, "functions": n} for size, path, n in found]
        sys.stdout.write(json.dumps(report, indent=2) + "\n")
    else:
        sys.stdout.write("the largest source files, each compiled alone, and their functions\n")
        sys.stdout.writelines("  %6d  %s, %d\n" % row for row in found[:_LARGEST])
    if arguments.record:
        BUDGET.write_text(json.dumps(budget, indent=2) + "\n", encoding="ascii")
        if budget.get("features"):
            budget_features.write(budget)
        return 0
    sys.stderr.writelines("budget: %s\n" % text for text in said)
    return 1 if said and arguments.check else 0
