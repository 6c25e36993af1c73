"""How long things take, as ratios measured side by side, held against build/budget.json."""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
BUDGET = Path(__file__).with_name("budget.json")
RECORD = Path(__file__).with_name("bench.json")

# The libraries that a Thing on CPython needs, and the modules that `pythings run` imports.
LIBRARIES = "import ssl, transitions, attrs"
THING = "import app.cli, app.cli.run"

_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \| ")


def import_us(statement: str) -> int:
    """Return the microseconds that the imports of a statement take in a fresh interpreter.

    Source: `python -X importtime`, the sum of its column of self times.
    """
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", statement],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return self_us(done.stderr)


def self_us(report: str) -> int:
    """Return the sum of the self times in a report of `-X importtime`."""
    return sum(int(match.group(1)) for match in _LINE.finditer(report))


def import_ratio(pairs: int) -> dict[str, float]:
    """Compare the imports of `pythings run` with its libraries alone, measured in turns.

    Return the medians in ms, and the median of the ratios pair by pair.
    """
    ours, theirs = [], []
    import_us(THING)  # fill the caches of compiled files
    for number in range(pairs):
        sys.stderr.write("\rbench: imports, pair %d of %d " % (number + 1, pairs))
        theirs.append(import_us(LIBRARIES))
        ours.append(import_us(THING))
    sys.stderr.write("\n")
    return {
        "import_ms": round(statistics.median(ours) / 1000, 1),
        "import_libraries_ms": round(statistics.median(theirs) / 1000, 1),
        "import_ratio": round(statistics.median(a / b for a, b in zip(ours, theirs)), 3),
    }


def main(argv: list[str]) -> int:
    """Measure the imports, and return 1 if a budget is exceeded."""
    parser = argparse.ArgumentParser(prog="python -m build bench", description=__doc__)
    parser.add_argument("--pairs", type=int, default=15, help="of runs (%(default)s)")
    parser.add_argument("--record", action="store_true", help="write them to %s" % RECORD.name)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    options = parser.parse_args(argv)
    measured = import_ratio(options.pairs)
    budget = json.loads(BUDGET.read_text())
    over = {name: limit for name, limit in budget.items() if measured[name] > limit}
    if options.record:
        RECORD.write_text(json.dumps(measured, indent=2) + "\n")
    if options.json:
        print(json.dumps({"measured": measured, "budget": budget, "ok": not over}))
    else:
        for name, value in measured.items():
            limit = " (at most %s)" % budget[name] if name in budget else ""
            print("%-22s %8s%s" % (name, value, limit))
    for name, limit in over.items():
        sys.stderr.write("bench: %s is %s, over %s\n" % (name, measured[name], limit))
    return 1 if over else 0
