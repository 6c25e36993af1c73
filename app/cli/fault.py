"""`pythings fault`: one case of the fault lab again, line by line."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from adapters.linux.console import LEVELS, printable
from app.cli.parsing import command_parser

_ROOT = Path(__file__).resolve().parents[2]
_LAB = "tests.fault.lab"  # not in the installed package: imported only if it exists

_EPILOG = """\
without an argument   the kinds of faults, and how many cases the lab has of each
KIND                  the cases of a kind
CASE                  that case, as the lab or a KIND prints it: the fault, all that the Thing
                      tells, and what became of it

`./pythings test -e fault` plays all cases, `./pythings test -e fault -- --quick` a sample.

examples:
  pythings fault cut
  pythings fault 'cut:OS update:torn:3,5'
  pythings fault 'full:app update:all:4' --json | grep FAULT

exit status: 0 the Thing has come back as it must, 1 it has not, or there is no lab here, 2 wrong
usage.
"""


def main(argv: list[str]) -> int:
    """List kinds or cases, or play a case; return the exit status."""
    options = _parser().parse_args(argv)
    lab = _lab()
    if lab is None:
        sys.stderr.write(
            "pythings fault: the fault lab is part of the tests, and %s has none - run it in a "
            "checkout of the sources\n" % _ROOT
        )
        return 1
    kind, _, rest = (options.case or "").partition(":")
    if kind and kind not in lab.KINDS:
        sys.stderr.write(
            "pythings fault: there is no kind %r; there are %s\n" % (kind, ", ".join(lab.KINDS))
        )
        return 2
    if rest:
        return _play(lab, options.case, options.json)
    rows = _cases(lab, kind) if kind else _kinds(lab)
    for row in rows:
        _write(json.dumps(row) if options.json else "  ".join(map(_column, row.values())).rstrip())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "fault", "Play one case of the fault lab again, and see what happens.", _EPILOG
    )
    parser.add_argument("case", nargs="?", metavar="KIND | CASE", help="see below")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser


def _lab() -> Any:
    """Import the fault lab of this checkout; return None if there is no checkout."""
    if not (_ROOT / "tests" / "fault" / "lab.py").is_file():
        return None
    if str(_ROOT) not in sys.path:
        sys.path.insert(0, str(_ROOT))
    return importlib.import_module(_LAB)


def _kinds(lab: Any) -> Iterator[dict[str, Any]]:
    for kind in lab.KINDS:
        cases = list(lab.cases([kind], False))
        yield {"kind": kind, "cases": len(cases), "what": lab.KINDS[kind][1], "first": cases[0]}


def _cases(lab: Any, kind: str) -> Iterator[dict[str, Any]]:
    for case in lab.cases([kind], False):
        yield {"case": case}


def _column(value: Any) -> str:
    return "%6d" % value if isinstance(value, int) else "%-9s" % value


def _play(lab: Any, case: str, as_json: bool) -> int:
    def told(ms: int, level: int, name: str, fields: dict[str, Any]) -> None:
        if as_json:
            row = {"ms": ms, "level": LEVELS[level], "event": name, **fields}
            _write(json.dumps(row))
        elif level > 10:
            words = ["%s=%s" % (key, _value(fields[key])) for key in fields]
            _write("%10.3f %s" % (ms / 1000, " ".join([name, *words])))

    try:
        played = lab.play(case, told)
    except lab.Broken as error:
        _end(as_json, outcome="broke", why=str(error))
        return 1
    except (ValueError, KeyError, IndexError):
        sys.stderr.write(
            "pythings fault: there is no case %r; `pythings fault %s` lists them\n"
            % (case, case.partition(":")[0])
        )
        return 2
    _end(as_json, outcome=played.outcome, faults=played.faults)
    return 0


def _value(value: Any) -> str:
    return printable(json.dumps(value) if isinstance(value, str) and " " in value else str(value))


def _end(as_json: bool, **fields: Any) -> None:
    if as_json:
        _write(json.dumps(fields))
    else:
        _write(", ".join("%s: %s" % (key, fields[key]) for key in fields))


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
