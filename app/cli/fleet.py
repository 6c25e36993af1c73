"""`pythings fleet`: many simulated Things against one cloud, on a virtual clock."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from app.cli.parsing import command_parser

_ROOT = Path(__file__).resolve().parents[2]
_FLEET = "tests.fleet.command"  # not in the installed package: imported only if it exists

_EPILOG = """\
Each Thing is the real domain with ports that are fakes: nothing is sent, and time jumps from one
event to the next. The same scenario and seed give the same figures, to the byte. Loads are means
over ten seconds. Times are in seconds, `slow` is in milliseconds; `flaky`, `power-cut`, `release`
and `bad-release` are shares from 0 to 1.

examples:
  pythings fleet --things 1000 --outage 600 --seed 1
  pythings fleet --things 10000 --outage 600 --svg load.svg
  pythings fleet --things 1000 --release 0.5 --bad-release 0.1 --json

exit status: 0 the peak is at most three times the steady load, and all are back in time; 1 not, or
there is no fleet here; 2 wrong usage.
"""


def main(argv: list[str]) -> int:
    """Simulate a fleet; return the exit status."""
    parser = command_parser("fleet", "Simulate a fleet of Things.", _EPILOG)
    if not (_ROOT / "tests" / "fleet" / "command.py").is_file():
        parser.parse_known_args(argv)
        sys.stderr.write(
            "pythings fleet: the fleet is part of the tests, and %s has none - run it in a "
            "checkout of the sources\n" % _ROOT
        )
        return 1
    if str(_ROOT) not in sys.path:
        sys.path.insert(0, str(_ROOT))
    command = importlib.import_module(_FLEET)
    command.add_options(parser)
    status: int = command.run(parser.parse_args(argv))
    return status
