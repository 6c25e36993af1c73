"""`pythings doctor`: tells whether the OS runs on a board, and the changes it needs."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from app.cli.parsing import command_parser
from app.doctor import port, probe, simulated, verdict
from app.simulator.boards import KINDS
from app.simulator.firmware import NEWEST, VERSIONS

_EPILOG = """\
What runs on the board is stopped by Ctrl-C, and started again by a soft reset. Nothing is written
there.

exit status: 0 the OS runs there, 1 it does not or the board cannot be asked, 2 wrong usage.
"""
_MARKS = {verdict.GOOD: "ok  ", verdict.NOTE: "note", verdict.STOP: "STOP"}


def main(argv: list[str]) -> int:
    """Probe a board and print the findings; return 0 if the OS runs there, else 1."""
    options = _parser().parse_args(argv)
    try:
        board = probe.facts(_asked(options))
    except (port.PortError, ValueError) as error:
        sys.stderr.write("pythings doctor: %s\n" % error)
        return 1
    found = verdict.findings(board)
    runs = verdict.runs(found)
    if options.json:
        told = {"runs": runs, "facts": asdict(board), "findings": [asdict(one) for one in found]}
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        sys.stdout.write(shown(found, runs))
    return 0 if runs else 1


def _asked(options: argparse.Namespace) -> str:
    if options.sim:
        return simulated.ask(options.sim, options.firmware, probe.PROGRAM)
    return port.ask(options.port, options.baud, probe.PROGRAM)


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "doctor", "Ask a board what it has, and whether the OS runs there.", _EPILOG
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--port", metavar="TTY", help="at a serial port: /dev/ttyUSB0, COM3, ...")
    where.add_argument("--sim", choices=sorted(KINDS), help="a simulated one")
    parser.add_argument("--baud", type=int, default=115200, help="of the port (115200)")
    parser.add_argument(
        "--firmware", choices=VERSIONS, default=NEWEST, help="of the simulated one (the newest)"
    )
    parser.add_argument("--json", action="store_true", help="facts and findings as one JSON object")
    return parser


def shown(found: list[verdict.Finding], runs: bool) -> str:
    """Format the findings and the verdict as text."""
    lines = []
    for one in found:
        lines.append("%s  %-12s %s" % (_MARKS[one.level], one.about, one.text))
        if one.do:
            lines.append("      %-12s -> %s" % ("", one.do))
    end = "runs on this board" if runs else "does not run on this board as it is"
    return "\n".join(lines) + "\nThe OS %s.\n" % end
