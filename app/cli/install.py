"""`pythings install`: makes a board at a serial port a Thing."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from app.cli import runoptions
from app.cli.label import LabelError
from app.cli.parsing import command_parser, positive
from app.doctor.port import PortError
from app.install import ports, steps
from app.install.ask import Ask
from app.install.errors import InstallError
from app.install.provision import NAMES, provisioning
from app.install.show import EventLines, InstallView, ProgressScreen
from app.shell.errors import ShellError
from build.firmware.model import FirmwareError
from build.slim.boards import BOARDS

_FAILED = 1
_BOARDS = sorted(name for name in BOARDS if BOARDS[name].arch)
PASSWORD = "PYTHINGS_WIFI_PASSWORD"  # noqa: S105 - the name of a variable

_OPEN = (
    "there is no password for the network %s - give --wifi-password-file, or in the environment "
    "PYTHINGS_WIFI_PASSWORD, which is empty for an open network"
)

_EPILOG = """\
Without --only: asks the chip, puts the OS, the network and the App id into MicroPython, writes and
verifies that, and shows the board's lines until its Thing runs. Missing options are asked for.

--only flash      the same without network, App id and console
--only copy       the OS's files, into the MicroPython of an ESP32; its other files stay
--only provision  network, App id and the like, to a board that has the OS; the rest stays
--only console    restarts the board, and shows its lines until the Thing runs

The Wi-Fi password is asked, or is the first line of --wifi-password-file, or is in the environment,
PYTHINGS_WIFI_PASSWORD: on the command line others would see it. Each of aid, tid, backend, pool,
cloud_key and apn can also be given in the environment (PYTHINGS_AID=...).

exit status: 0 done, 1 a step failed (the text has the next one; the same command again is safe), 2
wrong usage.
"""


def main(argv: list[str]) -> int:
    """Install a board; return 0, or 1 if a step failed."""
    options = _parser().parse_args(argv)
    if options.list:
        return _list(options.json)
    show: InstallView = EventLines() if options.json else ProgressScreen()
    ask = Ask(show, sys.stdin.isatty() and not (options.yes or options.json))
    try:
        steps.run(_plan(options, ask), ask, show)
    except (InstallError, FirmwareError, PortError, ShellError, LabelError) as error:
        show.failed(str(error))
        return _FAILED
    return 0


def _plan(options: argparse.Namespace, ask: Ask) -> steps.InstallPlan:
    """Collect all that was given, and check it before the board is touched."""
    given = _given(options)
    wifi, password = options.wifi or "", _password(options)
    wanted = options.only in (None, "provision")
    if wanted and ask.person and not wifi:
        wifi, password = ask.network()
    elif wifi and password is None:
        if not ask.person:
            raise InstallError(_OPEN % wifi)
        password = ask.password(wifi)
    if wanted and ask.person and "aid" not in given:
        aid = ask.aid()
        given.update({"aid": aid} if aid else {})
    return steps.InstallPlan(
        port=options.port or ask.port(ports.found()),
        only=options.only,
        board=options.board,
        base=options.base,
        image=options.image,
        trust=options.trust,
        labels=options.labels,
        settings=provisioning(
            {name: given[name] for name in given if given[name]}, wifi, password or "", options.ca
        ),
        agreed=options.yes,
        baud=options.baud,
        wait_s=options.wait,
    )


def _given(options: argparse.Namespace) -> dict[str, str]:
    """Return the parameters in the command line and the environment, without empty ones."""
    found = {}
    for name in NAMES:
        value = getattr(options, name) or os.environ.get("PYTHINGS_" + name.upper())
        if value:
            found[name] = value
    return found


def _password(options: argparse.Namespace) -> str | None:
    """Return the Wi-Fi password from its file or the environment, None if it is in neither."""
    try:
        found = runoptions.secret(options.wifi_password_file)
    except ValueError as error:
        raise InstallError(str(error)) from None
    return found if found is not None else os.environ.get(PASSWORD)


def _list(as_json: bool) -> int:
    found = ports.found()
    if as_json:
        sys.stdout.write(json.dumps([vars(port) for port in found]) + "\n")
    else:
        sys.stdout.write("".join(port.shown() + "\n" for port in found) or "no serial port\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = command_parser("install", "Make a board at a serial port a Thing.", _EPILOG)
    parser.add_argument("--list", action="store_true", help="list the serial ports, and end")
    parser.add_argument("--port", metavar="TTY", help="/dev/ttyUSB0, ... (the only likely one)")
    parser.add_argument(
        "--board", choices=_BOARDS, metavar="BOARD", help="%s (the chip's own)" % ", ".join(_BOARDS)
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--base", type=Path, metavar="FIRMWARE.bin", help="a MicroPython, to put the OS into"
    )
    source.add_argument(
        "--image", type=Path, metavar="FILE", help="a firmware.bin of pythings build"
    )
    parser.add_argument("--only", choices=steps.STEPS, help="one step instead of all")
    parser.add_argument(
        "--labels", type=Path, metavar="FILE", help="add the board's for `pythings label` (CSV)"
    )
    _add_settings(parser.add_argument_group("the Thing"))
    parser.add_argument("--yes", action="store_true", help="ask nothing; erase the board")
    parser.add_argument("--json", action="store_true", help="one JSON event a line; asks nothing")
    parser.add_argument(
        "--baud", type=int, default=460800, help="of the transfer, not of the console (%(default)s)"
    )
    parser.add_argument(
        "--wait", type=positive, default=180, metavar="SECONDS", help="until it runs (%(default)s)"
    )
    return parser


def _add_settings(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--wifi", metavar="NAME", help="the network that it joins")
    group.add_argument("--wifi-password-file", metavar="FILE", help="with the password; see below")
    group.add_argument("--aid", help="the App that it belongs to (from your cloud's dashboard)")
    group.add_argument("--tid", help="its id (default: the chip's)")
    group.add_argument("--backend", help="the cloud: [http[s]://]host[:port]")
    group.add_argument("--pool", help="the pool that it joins when first seen")
    group.add_argument("--cloud-key", help="the cloud's public key, for payload encryption")
    group.add_argument("--apn", help="with a modem: the operator's access to the Internet")
    group.add_argument("--ca", type=Path, metavar="FILE", help="certificate of a private CA")
    group.add_argument(
        "--trust", type=Path, metavar="FILE", help="key list: whose OS releases it takes"
    )
