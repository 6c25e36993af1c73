"""The command `pythings fleet`: a scenario by flags or a file, its figures, a picture."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from tests.fleet.figures import FACTOR, Figures, figures
from tests.fleet.fleet import FIXED_THINGS, simulate
from tests.fleet.member import Seen
from tests.fleet.plot import bars, svg
from tests.fleet.scenario import Scenario, ScenarioError, load, make


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add an option for each setting of a scenario, and those of the command."""
    add = parser.add_argument
    for field in dataclasses.fields(Scenario):
        kind = type(field.default)
        flag = "--" + field.name.replace("_", "-")
        add(flag, type=kind, metavar="N", help="default: %s" % (field.default,))
    add("--scenario", metavar="FILE", help="the settings as a JSON object; flags go before it")
    add("--svg", metavar="FILE", help="draw the load over time, and that of a fixed 3 s retry")
    add("--processes", type=int, default=0, help="0: as many as there are cores")
    add("--json", action="store_true", help="the figures as one JSON object")


def run(options: argparse.Namespace) -> int:
    """Simulate, and print the figures; return 0 if the fleet came back gently and in time."""
    try:
        scenario = _scenario(options)
    except ScenarioError as error:
        sys.stderr.write("pythings fleet: %s\n" % error)
        return 2
    found = figures(scenario, _watched(scenario, options))
    fixed = None
    if options.svg:
        if scenario.outage:
            fixed = _scaled(scenario, options.processes)
        try:
            Path(options.svg).write_text(svg(found, fixed), encoding="utf-8")
        except OSError as error:
            sys.stderr.write("pythings fleet: %s cannot be written: %s\n" % (options.svg, error))
            return 1
    row = found.row()
    if fixed:
        most = max(a + b for a, b in zip(fixed.load, fixed.refused))
        row["fixed_peak_times_steady"] = round(most / found.steady, 1)
    sys.stdout.write(json.dumps(row) + "\n" if options.json else _report(found, row))
    return 0 if found.holds() else 1


def _scenario(options: argparse.Namespace) -> Scenario:
    values: dict[str, Any] = load(options.scenario) if options.scenario else {}
    for field in dataclasses.fields(Scenario):
        given = getattr(options, field.name)
        if given is not None:
            values[field.name] = given
    return make(values)


def _watched(scenario: Scenario, options: argparse.Namespace) -> Seen:
    console = Console(stderr=True)
    if options.json or not console.is_terminal:
        return simulate(scenario, options.processes)
    with Live(console=console, refresh_per_second=4, transient=True) as live:

        def tell(seen: Seen) -> None:
            so_far = figures(scenario, seen)
            head = "%d of %d Things" % (seen.things, scenario.things)
            rows = (head, "load    " + bars(so_far.load), "refused " + bars(so_far.refused))
            live.update(Group(*map(Text, rows)))

        return simulate(scenario, options.processes, tell)


def _scaled(scenario: Scenario, processes: int) -> Figures:
    """Return the figures of a fixed retry: those of a sample, for as many Things as there are."""
    found = figures(scenario, simulate(scenario, processes, fixed=True))
    times = scenario.things / min(FIXED_THINGS, scenario.things)
    found.load = [it * times for it in found.load]
    found.refused = [it * times for it in found.refused]
    return found


def _report(found: Figures, row: dict[str, Any]) -> str:
    it = found.scenario
    lines = [
        "%d Things for %d s, seed %d" % (found.things, it.length, it.seed),
        "load     %s" % bars(found.load),
        "refused  %s" % bars(found.refused),
        "steady   %.1f calls/s" % found.steady,
        "peak     %.1f calls/s, %s times the steady load (at most %d), %d s after the outage"
        % (found.peak, row["peak_times_steady"], FACTOR, found.peak_at),
    ]
    if it.outage:
        last = "%d s" % found.back_last if found.back_last >= 0 else "never"
        lines.append("back     all after %s (at most %d s)" % (last, it.back_within))
    if "fixed_peak_times_steady" in row:
        text = "fixed    a retry each 3 s: %s times the steady load"
        lines.append(text % row["fixed_peak_times_steady"])
    lines.append("calls    " + ", ".join("%s %d" % item for item in found.kinds.items()))
    lines.append("readings %d taken, %d delivered" % (found.readings, found.delivered))
    shares = ["%s: %.1f %%" % (name, 100 * share) for name, share in found.versions[-1].items()]
    lines.append("versions " + ", ".join(shares))
    return "\n".join(lines) + "\n"
