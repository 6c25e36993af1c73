"""`pythings shell`: look into a Thing, and drive it by hand."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from pathlib import Path

from adapters.linux import inputs
from app.cli.parsing import command_parser, folder, positive
from app.shell import language, password
from app.shell.errors import ShellError
from app.simulator.boards import KINDS
from domain.settings.parameters import NAMES, Parameters

_MOST_SCRIPT = 1 << 20

_EPILOG = """\
--board starts a Thing of the shell's own, held in boot: `auto` lets it run, `step` runs it once.
--attach and --port leave the Thing as it is. `help` in the shell lists the commands.

Without a terminal, with -c or with a script, answers go to the output and what the Thing tells
goes nowhere (-v: to the errors). The password of a board comes from PYTHINGS_SHELL_PASSWORD, or is
asked for.

exit status: 0 done, 1 something was refused or went wrong, 2 wrong usage.
"""


def main(argv: list[str]) -> int:
    """Run a shell on one Thing; return the exit status."""
    options = _parser().parse_args(argv)
    if options.make_password:
        sys.stdout.write(json.dumps({"shell": password.entry(_new_password())}) + "\n")
        return 0
    given = {name: getattr(options, name) for name in NAMES if getattr(options, name, None)}
    try:
        for name, value in given.items():
            Parameters(**{name: value})
        text = _script(options)
        scripted = text is not None or not (sys.stdin.isatty() and sys.stdout.isatty())
        if scripted and text is None:
            text = inputs.typed(_MOST_SCRIPT)
        commands = language.commands(text or "")
    except OSError as error:
        sys.stderr.write("pythings shell: %s: %s\n" % (error.filename, error.strerror))
        return 2
    except (ValueError, ShellError) as error:
        sys.stderr.write("pythings shell: %s\n" % error)
        return 2
    # Imported late: a simulated board and a line editor are slow to load.
    from app.shell.start import ShellOptions, run

    try:
        return run(ShellOptions(options, given, commands, scripted))
    except ShellError as error:
        sys.stderr.write("pythings shell: %s\n" % error)
        return 1


def _script(options: argparse.Namespace) -> str | None:
    if options.command is not None:
        return "\n".join(options.command)
    if options.script is None:
        return None
    if options.script == "-":
        return inputs.typed(_MOST_SCRIPT)
    return inputs.text(options.script, _MOST_SCRIPT)


def _new_password() -> str:
    found = os.environ.get("PYTHINGS_SHELL_PASSWORD")
    return found if found else getpass.getpass("The board's new password: ")


def _parser() -> argparse.ArgumentParser:
    parser = command_parser("shell", "Look into a Thing, and drive its states by hand.", _EPILOG)
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--board", choices=["linux", *sorted(KINDS)], default="linux", help="start one (linux)"
    )
    where.add_argument("--attach", metavar="PID|ROOT|SOCKET", help="a Thing that runs here")
    where.add_argument("--port", metavar="TTY", help="a board at a serial port")
    where.add_argument(
        "--make-password", action="store_true", help="print a board file that wants a password"
    )
    parser.add_argument("script", nargs="?", help="a file of commands; - for the input")
    parser.add_argument("-c", dest="command", action="append", help="commands, `;` between them")
    parser.add_argument("--json", action="store_true", help="one JSON answer a line")
    parser.add_argument("--stop", action="store_true", help="end a script at the first refusal")
    parser.add_argument("--timeout", type=float, help="seconds that `until` waits (60 in a script)")
    parser.add_argument("-v", "--verbose", action="store_true", help="what the Thing tells, too")
    parser.add_argument("--no-color", action="store_true", help="as NO_COLOR in the environment")
    parser.add_argument("--baud", type=int, default=115200, help="of the serial port (%(default)s)")
    parser.add_argument("--root", type=folder, help="of the board's own folder (a temporary one)")
    parser.add_argument("--aid", help="the App that it belongs to")
    parser.add_argument("--tid", help="the Thing's id")
    parser.add_argument("--backend", help="the cloud: [http[s]://]host[:port]")
    parser.add_argument("--pool", help="the pool that it joins when first seen")
    parser.add_argument("--cloud-key", help="the cloud's public key")
    parser.add_argument("--app-timeout", help="seconds that a call of the app may take (30)")
    parser.add_argument("--ca", metavar="FILE", type=Path, help="certificate of a private CA")
    parser.add_argument(
        "--modem-speed",
        type=positive,
        default=1.0,
        help="of a board's modem; 10: ten times as fast",
    )
    return parser
