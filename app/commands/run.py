"""`pythings run`: this machine as a Thing."""

from __future__ import annotations

import argparse
import fcntl
import os
import sys
from pathlib import Path
from typing import IO, Any, Callable

from adapters.linux.shellsocket import ShellSocket
from adapters.linux.storage import FileStorage
from app.boards import linux, raspberrypi
from app.boards.cellular import Cellular, way
from app.device import explain, live
from domain.debug.shell import Shell
from domain.levels import WARNING
from domain.parameters import NAMES, Parameters, load
from domain.runner import Runner
from domain.thing import Thing

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}

_BOARDS: dict[str, Callable[..., Thing]] = {
    "linux": linux.compose,
    "raspberrypi": raspberrypi.compose,
}

_EPILOG = """\
Each of aid, tid, backend, pool, cloud_key, app_timeout and loglevel can also be given in the
environment (PYTHINGS_AID=...) or, what lasts, as a file of that name in the root folder that holds
nothing but the value. PYTHINGS_ROOT and PYTHINGS_CA stand for --root and --ca.
What stands on the command line wins over the environment, that over the files.

With --modem a SIM800 on a serial line is the way to the cloud when this machine's own network does
not lead there. PYTHINGS_MODEM, PYTHINGS_APN, PYTHINGS_APN_USER, PYTHINGS_APN_PASSWORD and
PYTHINGS_SIM_PIN stand for its options. A SIM800 verifies no certificates: over it the payload is
encrypted, whatever the settings say.

exit status: 0 stopped by SIGTERM or Ctrl-C, 1 it cannot run here, 2 wrong usage,
75 it wants to be started again (with --supervised).
"""


def main(argv: list[str]) -> int:
    """Run in the foreground until told to stop."""
    options = _parser().parse_args(argv)
    given = _given(options)
    ca = options.ca or os.environ.get("PYTHINGS_CA")
    modem = _modem(options)
    problem = _problem(options.root, given) or _ca_problem(ca) or _modem_problem(modem)
    if problem:
        sys.stderr.write("pythings run: %s\n" % problem)
        return 2
    lock = _lock(options.root)
    if lock is None:
        sys.stderr.write("pythings run: another Thing runs in %s - stop it first\n" % options.root)
        return 2
    thing = _BOARDS[options.board](
        str(options.root),
        given,
        sys.stdout,
        as_json=options.json,
        level=LEVELS[_log_level(options.root, given)],
        ca=ca,
        supervised=options.supervised,
        modem=modem,
    )
    return _live(Runner(thing, linux.enter, explain), ShellSocket(str(options.root)), options.hold)


def _live(runner: Runner, door: ShellSocket, hold: bool) -> int:
    """With a door for the debug shell; a Thing lives without one, too."""
    console: Any = runner.thing.console
    problem = door.open()
    if problem:
        console.event(WARNING, "shell", {"text": problem})
    console.listener = door.event
    shell = Shell(runner, door.line, door.write, "open")
    if hold:
        shell.hold()
    try:
        return live(runner, shell.turn)
    finally:
        door.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pythings run",
        description="Turn this machine into a Thing, in the foreground.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    default = Path(os.environ.get("PYTHINGS_ROOT", "~/.pythings")).expanduser()
    parser.add_argument("--root", type=Path, default=default, help="its folder (%(default)s)")
    parser.add_argument(
        "--board",
        choices=sorted(_BOARDS),
        default="linux",
        help="what this machine is: a Raspberry Pi has a light to show how it is (%(default)s)",
    )
    parser.add_argument("--aid", help="the App that it belongs to (from your cloud's dashboard)")
    parser.add_argument("--tid", help="the Thing's id (default: made from this machine's id)")
    parser.add_argument("--backend", help="the cloud: [http[s]://]host[:port]")
    parser.add_argument("--pool", help="the pool that it joins when first seen")
    parser.add_argument("--cloud-key", help="the cloud's public key, for payload encryption")
    parser.add_argument("--app-timeout", help="seconds that a call of the app may take (30)")
    parser.add_argument("--ca", metavar="FILE", help="certificate of a private CA, PEM")
    parser.add_argument("--modem", metavar="PORT", help="a SIM800, such as /dev/ttyUSB0")
    parser.add_argument("--apn", help="what the SIM's operator calls its access to the Internet")
    parser.add_argument("--apn-user", help="where the operator wants one")
    parser.add_argument("--apn-password", help="where the operator wants one")
    parser.add_argument("--sim-pin", help="where the SIM wants one")
    parser.add_argument("--modem-only", action="store_true", help="never by another network")
    parser.add_argument("--loglevel", choices=sorted(LEVELS, key=LEVELS.__getitem__))
    parser.add_argument("--json", action="store_true", help="one JSON event a line")
    parser.add_argument(
        "--supervised", action="store_true", help="restart by ending with status 75"
    )
    parser.add_argument(
        "--hold", action="store_true", help="wait in boot for `pythings shell`, 10 minutes at most"
    )
    return parser


def _given(options: argparse.Namespace) -> dict[str, str]:
    """Parameters from the command line and the environment."""
    given = {}
    for name in NAMES:
        value = getattr(options, name, None)
        if value is None:
            value = os.environ.get("PYTHINGS_" + name.upper())
        if value is not None:
            given[name] = value
    return given


def _modem(options: argparse.Namespace) -> Cellular | None:
    """What is told of the modem; None if there is none."""
    given = {}
    for name in ("modem", "apn", "apn_user", "apn_password", "sim_pin"):
        value = getattr(options, name)
        given[name] = os.environ.get("PYTHINGS_" + name.upper(), "") if value is None else value
    if not (given["modem"] or options.modem_only):
        return None
    return Cellular(
        given["modem"],
        given["apn"],
        given["apn_user"],
        given["apn_password"],
        given["sim_pin"],
        options.modem_only,
    )


def _modem_problem(modem: Cellular | None) -> str:
    """Why this modem can never be used."""
    if modem is None:
        return ""
    if not modem.port:
        return "--modem-only wants a modem - give --modem PORT"
    return way(modem)[0].problem()


def _problem(root: Path, given: dict[str, str]) -> str:
    """Why a Thing cannot be started like this: said here, where a person reads it."""
    for name, value in given.items():
        try:
            Parameters(**{name: value})
        except ValueError as error:
            return "%s %s" % (name, error)
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        return "the folder %s cannot be used: %s - choose another with --root" % (
            root,
            error.strerror,
        )
    if not load(FileStorage(str(root)), given)[0].aid:
        return "no App id: give --aid AID, or write it into %s" % (root / "aid")
    return ""


def _lock(root: Path) -> IO[str] | None:
    """Held for as long as it is open, and gone with the process; None if another one has it."""
    lock = open(root / "lock", "w")  # noqa: SIM115 - closed by the end of the process
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    return lock


def _ca_problem(ca: str | None) -> str:
    """Why this is no file of certificates."""
    if ca is None:
        return ""
    import ssl

    try:
        ssl.create_default_context(cafile=ca)
    except OSError as error:  # ssl's own errors too
        return "--ca %s cannot be used: %s" % (ca, error.strerror or error)
    return ""


def _log_level(root: Path, given: dict[str, str]) -> str:
    level = given.get("loglevel")
    if level is None:
        try:
            level = (root / "loglevel").read_text().strip()
        except (OSError, UnicodeError):
            level = "info"
    level = level.lower()
    return level if level in LEVELS else "info"
