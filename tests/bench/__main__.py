"""`./pythings bench`: measure, show, record."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator

from app import __version__
from tests.bench import engines, page, sizes, starts, traffic
from tests.bench.figure import Figure

PARTS: dict[str, Callable[[], Iterator[Figure]]] = {
    "engines": engines.measure,
    "traffic": traffic.measure,
    "starts": starts.measure,
    "sizes": sizes.measure,
}


def main(argv: list[str]) -> int:
    """Measure the parts; return 0, or 1 if a goal is not met and `--check` is given."""
    parser = argparse.ArgumentParser(prog="pythings bench", description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="a part; may be repeated")
    parser.add_argument("--record", action="store_true", help="keep the figures with the version")
    parser.add_argument("--page", action="store_true", help="write docs/performance.md from these")
    parser.add_argument("--check", action="store_true", help="fail where a goal is not met")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    options = parser.parse_args(argv)
    found = {name: list(_shown(name, options.json)) for name in options.only or PARTS}
    if options.record or options.page:
        page.record(__version__, found)
    if options.page:
        page.write()
    missed = [one.name for figures in found.values() for one in figures if not one.good]
    if options.json:
        values = {one.name: one.value for figures in found.values() for one in figures}
        print(json.dumps({"figures": values, "missed": missed}))
    return 1 if options.check and missed else 0


def _shown(name: str, quiet: bool) -> Iterator[Figure]:
    """Yield the figures of a part, each of which is shown as soon as it is there."""
    sys.stderr.write("bench: %s\n" % name)
    for one in PARTS[name]():
        if not quiet:
            text, value, before, goal = one.row()
            mark = "" if one.good else "  MISSED"
            print("%-48s %14s %9s  %s%s" % (text, value, before, goal, mark), flush=True)
        yield one


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
