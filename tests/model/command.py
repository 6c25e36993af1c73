"""The command of the model check: its output, and its search for the seeded bugs."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from tests.model.bugs import BUGS
from tests.model.laws import LAWS
from tests.model.seeding import seed

if TYPE_CHECKING:
    from tests.model.explore import Counterexample, Exploration

BUG_S = 60  # of computing, in which each bug is to be found

_EPILOG = """\
without an option     every focus from every first state, to the depth of its release
--bugs                each seeded bug in a process of its own: found, or not, and how soon
--bug NAME            one of them, with the path that shows it

A state is the Thing with its flash, its cloud and its app. Each state has two futures: the world
stays as it is, or is healed and wants more. A broken law ends the run, with its shortest path.

examples:
  python -m tests.model --depth 2
  python -m tests.model --focus network --start works --depth 4 --json
  python -m tests.model --bug left-out-for-good

exit status: 0 all laws hold (with --bugs: all are found), 1 not, 2 wrong usage.
"""


def main(argv: list[str] | None = None) -> int:
    """Explore, or look for seeded bugs; return the exit status."""
    options = _parser().parse_args(argv)
    if options.bugs:
        return _look_for_all(options)
    if options.bug:
        seed(options.bug)
    from tests.model.explore import Counterexample, quick_domain  # with the bug, if any

    with quick_domain():
        try:
            hunted = _hunt(options) if options.bug else _explore_all(options)
        except Counterexample as found:
            _show(found, options)
            return 1
    if options.bug:
        sys.stdout.write("not found in %d paths\n" % hunted)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.model",
        description="Try every order of faults on the real domain, and check its laws.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--depth", type=int, default=0, help="moves in a row (default: by focus)")
    add("--focus", action="append", default=[], help="a set of moves (default: all sets)")
    add("--start", action="append", default=[], help="a first state (default: all)")
    add("--bug", choices=[bug.name for bug in BUGS], metavar="NAME", help="seed this bug")
    add("--bugs", action="store_true", help="look for each seeded bug")
    add(
        "--most",
        type=int,
        default=BUG_S,
        help="seconds of computing for each bug (default: %(default)s)",
    )
    add("--quiet", action="store_true", help="print the path, but not what happens on it")
    add("--json", action="store_true", help="lines of JSON")
    return parser


def _chosen(options: argparse.Namespace) -> list[Exploration]:
    from tests.model.explore import STARTS, Exploration
    from tests.model.futures import Futures
    from tests.model.moves import FOCI

    for given, known in ((options.focus, FOCI), (options.start, STARTS)):
        for name in given:
            if name not in known:
                sys.stderr.write("there is no %r; there are %s\n" % (name, ", ".join(known)))
                raise SystemExit(2)
    futures = Futures()  # a future is the same behind any path
    foci, starts = options.focus or FOCI, options.start or STARTS
    return [Exploration(focus, start, futures) for focus in foci for start in starts]


def _explore_all(options: argparse.Namespace) -> int:
    from tests.model.moves import FOCI

    total: dict[str, Any] = {"states": 0, "paths": 0, "seconds": 0.0}
    chosen = _chosen(options)
    for one in chosen:
        for _ in range(options.depth or FOCI[one.focus].depth):
            one.deepen()
        row = {
            "focus": one.focus,
            "start": one.start,
            "moves": len(one.moves),
            "depth": one.depth,
            "states": len(one.seen),
            "paths": one.paths,
            "seconds": round(one.seconds, 1),
        }
        _write(row, options, _ROW)
        for name in total:
            total[name] += row[name]
    total["futures"] = chosen[0].futures.played
    total["laws"] = len(LAWS)
    _write(total, options, _TOTAL)
    return int(total["paths"])


_ROW = (
    "%(focus)-8s from %(start)-12s %(moves)2d moves, depth %(depth)d: %(states)6d states, "
    "%(paths)7d paths, %(seconds)7.1f s"
)
_TOTAL = (
    "%(states)d states, %(paths)d paths, %(futures)d steps of futures, %(seconds).1f s: "
    "%(laws)d laws hold"
)


def _hunt(options: argparse.Namespace) -> int:
    """Deepen the cheapest exploration first, until the time ends; return how many paths."""
    end = time.process_time() + options.most  # time that other work takes away does not count
    chosen = _chosen(options)
    while chosen:
        cheapest = min(chosen, key=lambda one: one.cost())
        if not cheapest.deepen(end):
            break
    return sum(one.paths for one in chosen)


def _show(found: Counterexample, options: argparse.Namespace) -> None:
    law, _, text = found.why.partition(": ")
    row: dict[str, Any] = {"law": law, "why": text, "start": found.start, "path": found.path}
    row["seconds"] = round(time.process_time(), 1)
    if options.json:
        sys.stdout.write(json.dumps(row) + "\n")
        return
    write = sys.stdout.write
    write("broken: %s\n        (%s)\n" % (LAWS.get(law, law), text or found.why))
    write("from a Thing that %s:\n" % found.start if found.start == "works" else "from: ")
    write("" if found.start == "works" else found.start + "\n")
    for number, move in enumerate(found.path, 1):
        write("  %d. %s\n" % (number, move))
    if not options.quiet:
        _play(found)


def _play(found: Counterexample) -> None:
    from tests.fault.world import Broken
    from tests.model.explore import play
    from tests.model.moves import FOCI

    lines: list[str] = []

    def watch(now: int, _level: int, name: str, fields: dict[str, Any]) -> None:
        text = " ".join("%s=%s" % item for item in fields.items())
        mark = "> " if name in ("MOVE", "FUTURE") else "    "
        lines.append("%8.1f s %s%s %s\n" % (now / 1000, mark, name, text[:150]))

    try:
        play(found.start, FOCI[found.focus].settle, found.path, watch)
    except Broken as broken:
        lines.append("           > %s\n" % broken)
    sys.stdout.writelines(lines if len(lines) <= 2 * _LINES else _cut(lines))


_LINES = 60


def _cut(lines: list[str]) -> list[str]:
    left_out = "     ... %d lines ...\n" % (len(lines) - 2 * _LINES)
    return [*lines[:_LINES], left_out, *lines[-_LINES:]]


def _look_for_all(options: argparse.Namespace) -> int:
    missing = 0
    for bug in BUGS:
        command = [sys.executable, "-m", "tests.model", "--bug", bug.name, "--json"]
        command += ["--most", str(options.most)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        row: dict[str, Any] = {"bug": bug.name, "row": bug.row}
        lines = done.stdout.splitlines()
        found = json.loads(lines[-1]) if done.returncode == 1 and lines else None
        if not found:
            missing += 1
            why = (done.stdout + done.stderr)[-300:].strip()
            row.update(law="NOT FOUND", why=why, moves=0, seconds=options.most)
        else:
            row.update(law=found["law"], why=found["why"], moves=len(found["path"]))
            row.update(seconds=found["seconds"], path=found["path"])
        _write(row, options, "%(bug)-34s %(seconds)5.1f s  %(moves)d moves  %(law)s: %(why)s")
    sys.stdout.write("%d of %d found\n" % (len(BUGS) - missing, len(BUGS)))
    return 1 if missing else 0


def _write(row: dict[str, Any], options: argparse.Namespace, form: str) -> None:
    sys.stdout.write((json.dumps(row) if options.json else form % row) + "\n")
    sys.stdout.flush()
