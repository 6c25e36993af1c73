"""The fault lab: a Thing under every fault of every kind.

A case is `kind:...`. Each is played alone, from a Thing that works: it must come back, run only
whole and verified versions, lose no reading that was acknowledged, and take the next update of
everything.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from multiprocessing import get_context
from typing import Any

from tests.fault.scenarios import BY_HAND, NEW, OLD, Played
from tests.fault.world import Broken, Watch

# Name: (module, one line of help).
KINDS: dict[str, tuple[str, str]] = {
    "cut": ("cuts", "the power goes in a write, or in two"),
    "littlefs": ("prefixes", "the power goes at an operation of a real littlefs on its flash"),
    "full": ("full", "there is no room for a write, or for any for a while"),
    "flip": ("flips", "a bit flips in a stored file"),
    "network": ("network", "an answer of the cloud is cut, held up, garbled or a page"),
    "clock": ("clocks", "the Thing's clock jumps, or the cloud's"),
    "memory": ("memory", "there is no memory for what a port is asked for"),
    "refused": ("refusals", "one reading, reply or report is refused for ever"),
    "address": ("addresses", "the cloud has several addresses, some of them dead"),
    "slow": ("slow", "an exchange or the app takes longer than its interval"),
    "hostile": ("hostile", "an app disturbs the OS that it lives in, on a simulated ESP32"),
    "tries": ("tries", "the stack or the heap ends at the same call in every try of an update"),
    "board": ("boards", "power cuts and small heaps, the real OS on a simulated ESP32"),
}
BROKE = "broke"
_AT_ONCE = 40  # cases that a process takes at a time
_SHOWN = 50  # broken cases that are printed

# (case, outcome, faults, why it broke)
Result = tuple[str, str, int, str]


def module_of(kind: str) -> Any:
    """Return the module that plays the cases of a kind."""
    return importlib.import_module("tests.fault." + KINDS[kind][0])


def cases(kinds: Iterable[str], quick: bool) -> Iterator[str]:
    """Yield all cases of these kinds, or if `quick` a sample that is the same each time."""
    for kind in kinds:
        for case in module_of(kind).cases(quick):
            yield "%s:%s" % (kind, case)


def play(case: str, watch: Watch | None = None) -> Played:
    """Play one case; raise `Broken` if the Thing violates a guarantee."""
    kind, _, rest = case.partition(":")
    played: Played = module_of(kind).play(rest, watch)
    return played


def try_case(case: str) -> Result:
    """Play a case and return its result; any exception counts as a broken Thing."""
    try:
        played = play(case)
    except (Broken, Exception) as error:  # noqa: BLE001 - the lab goes on, and says it
        return case, BROKE, 0, "%s: %s" % (type(error).__name__, error)
    return case, played.outcome, played.faults, ""


def results(chosen: Iterable[str], processes: int) -> Iterator[Result]:
    """Play the cases in one or more processes; yield each result as it arrives."""
    if processes < 2:
        yield from map(try_case, chosen)
        return
    with get_context("spawn").Pool(processes, _alone) as pool:
        yield from pool.imap_unordered(try_case, chosen, _AT_ONCE)
        pool.close()  # they end by themselves; a process terminated as it starts may never end
        pool.join()


def _alone() -> None:
    """Leave Ctrl-C to the parent; exit on SIGTERM, so that processes started here end, too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def main(argv: list[str] | None = None) -> int:
    """Play the cases; return 1 if anything broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.fault.lab", description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="a sample")
    parser.add_argument("--kind", action="append", choices=KINDS, help="of this kind only")
    parser.add_argument("--case", help="play this one only, as it was printed")
    parser.add_argument("--processes", type=int, default=0, help="0: as many as there are cores")
    options = parser.parse_args(argv)
    processes = 1 if options.quick or options.case else options.processes or os.cpu_count() or 1
    kinds = reversed(options.kind or list(KINDS))  # the kinds that take long come first
    chosen = [options.case] if options.case else cases(kinds, options.quick)
    return report(results(chosen, processes))


def report(played: Iterable[Result]) -> int:
    """Print the counts; return 1 if any case broke, or 130 if Ctrl-C ended the run early."""
    started = time.monotonic()
    rows: dict[tuple[str, str], Counter[str]] = {}
    broken = []
    stopped = False
    try:
        for case, outcome, faults, why in played:
            kind, scenario = case.split(":")[:2]
            counts = rows.setdefault((kind, scenario), Counter())
            counts.update({"tried": 1, "faults": faults, outcome: 1})
            if why:
                broken.append((case, why))
    except KeyboardInterrupt:
        stopped = True
        sys.stdout.write("stopped before the end\n")
    write = sys.stdout.write
    write(_LINE % ("kind", "while", "tried", "faults", "new", "old", "by hand", "broke"))
    for (kind, scenario), counts in sorted(rows.items(), key=_order):
        write(_LINE % (kind, scenario, *_numbers(counts)))
    for kind in [kind for kind in KINDS if any(row[0] == kind for row in rows)]:
        write(_LINE % (kind, "all", *_numbers(_sum(rows, kind))))
    write(_LINE % ("all", "", *_numbers(_sum(rows, ""))))
    write("in %.0f s\n%s\n" % (time.monotonic() - started, _verdict([why for _, why in broken])))
    for case, why in broken[:_SHOWN]:
        write("  %s\n    %s\n" % (case, why))
    return 130 if stopped else 1 if broken else 0


_LINE = "%-9s %-18s %7s %7s %7s %7s %7s %7s\n"

# Each guarantee, and the text by which `Broken` tells that it is violated.
_LAWS = (
    ("Things that do not come back", "it does not come back"),
    ("mixed versions, or such as were not verified", "that is not whole"),
    ("acknowledged readings lost", "readings are lost"),
)


def _verdict(whys: list[str]) -> str:
    counts = [sum(sign in why for why in whys) for _, sign in _LAWS]
    parts = ["%d %s" % (count, law) for count, (law, _) in zip(counts, _LAWS)]
    return ", ".join([*parts, "%d other" % (len(whys) - sum(counts))])


def _order(row: tuple[tuple[str, str], Counter[str]]) -> int:
    return list(KINDS).index(row[0][0])


def _sum(rows: dict[tuple[str, str], Counter[str]], kind: str) -> Counter[str]:
    total: Counter[str] = Counter()
    for row, counts in rows.items():
        if kind in (row[0], ""):
            total.update(counts)
    return total


def _numbers(counts: Counter[str]) -> list[int]:
    return [counts[name] for name in ("tried", "faults", NEW, OLD, BY_HAND, BROKE)]


if __name__ == "__main__":
    sys.exit(main())
