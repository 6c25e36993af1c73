"""`pythings sim`: runs a simulated board as a Thing."""

from __future__ import annotations

import argparse
import os
import select
import signal
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

from app import shutdown_signals
from app.cli.modem import fault
from app.cli.parsing import command_parser, folder, positive
from app.cli.runoptions import trust_problem
from app.digits import is_number
from app.simulator.boards import KINDS
from app.simulator.console import LEVELS, SimConsole
from app.simulator.control import HELP
from app.simulator.errors import SimError
from app.simulator.firmware import NEWEST, VERSIONS, firmware
from app.simulator.host import OFF, SimBoard
from app.simulator.modem import ModemOptions
from app.simulator.script import Script
from app.simulator.system import install, parameters, release
from app.simulator.wifi import DEFAULT_NETWORK, DEFAULT_PASSWORD
from domain.settings.parameters import NAMES, Parameters

_PIECE = 65536
_MINIMUM = 8 * 1024  # bytes of heap: less does not even start

_EPILOG = """\
The folder holds the board's flash (flash.img: a littlefs image), its identity, and while it runs
`control`, which takes commands: echo wifi down > FOLDER/control

{commands}
There is one network at first, {network}, with the password {password}.
What is typed here goes to the board's console. Ctrl-C or SIGTERM stops it.

exit status: 0 stopped, 1 it cannot run here, 2 wrong usage.
"""


def main(argv: list[str]) -> int:
    """Run the board in the foreground until a signal; return the exit status."""
    options = _parser().parse_args(argv)
    given = {name: getattr(options, name, None) for name in NAMES}
    known = {name: value for name, value in given.items() if value is not None}
    try:
        for name, value in known.items():
            Parameters(**{name: value})
    except ValueError as error:
        return _problem("%s %s" % (name, error), 2)
    problem = trust_problem(options.trust and str(options.trust))
    if problem:
        return _problem(problem, 2)
    try:
        firmware(KINDS[options.board].port, options.firmware)
        script = Script(options.script)
    except SimError as error:
        return _problem(str(error), 2)
    root = options.root or Path("~/.pythings-sim").expanduser() / options.board
    console = SimConsole(sys.stdout, options.json, LEVELS[options.loglevel or "info"])
    try:
        cellular = KINDS[options.board].modem is not None
        others = parameters(known, options.ca, options.setup, options.trust, cellular)
        modem = ModemOptions(options.modem_speed, tuple(options.modem_fault), options.modem_seed)
        with SimBoard(
            options.board,
            root,
            console.tell,
            console.show,
            options.heap,
            modem=modem,
            firmware=options.firmware,
        ) as board:
            install(board, release(options.board, not options.source), others, root)
            board.cut_after(options.power_cut_after)
            return _Session(board, root, console, options.power_cut_after > 0, script).run()
    except SimError as error:
        return _problem(str(error), 1)


class _Session:
    """The foreground loop of the board: forwards typed lines, commands and signals."""

    def __init__(
        self, board: SimBoard, root: Path, console: SimConsole, again: bool, script: Script
    ) -> None:
        self._board = board
        self._control = root / "control"
        self._console = console
        self._again = again  # power on again after --power-cut-after
        self._script = script

    def run(self) -> int:
        """Run the board until a signal; return the exit status."""
        with ExitStack() as ending:
            heard = self._hear(ending)
            try:
                commands = self._take_commands(ending)
            except OSError as error:
                return _problem("%s cannot be made: %s" % (self._control, error.strerror), 1)
            for line in self._script.due():
                self._board.control(line)
            self._board.start()
            self._script.start()
            return self._follow(heard, commands)

    def _hear(self, ending: ExitStack) -> int:
        """Return a descriptor that becomes readable with a signal."""
        heard, ring = os.pipe()
        ending.callback(os.close, heard)
        ending.callback(os.close, ring)
        os.set_blocking(ring, False)
        ending.callback(signal.set_wakeup_fd, signal.set_wakeup_fd(ring))
        for signum in shutdown_signals.signals():
            signal.signal(signum, lambda *_: None)
        return heard

    def _take_commands(self, ending: ExitStack) -> int:
        """Return a descriptor with the commands that are written to `control`."""
        with suppress(FileExistsError):
            os.mkfifo(self._control, 0o600)
        os.chmod(self._control, 0o600)
        # Our own descriptor, open for writing too, prevents end-of-file when a writer closes.
        commands = os.open(self._control, os.O_RDWR | os.O_NONBLOCK)
        ending.callback(os.close, commands)
        ending.callback(self._control.unlink, missing_ok=True)
        os.fchmod(commands, 0o200)  # `cat control` is refused: it would wait for ever
        return commands

    def _follow(self, heard: int, commands: int) -> int:
        sources = [heard, commands, 0]
        typed = ordered = b""
        while True:
            ready, _, _ = select.select(sources, [], [], 0.2)
            if heard in ready:
                self._board.stop()
                return 0
            if self._board.supervisor.failed:
                return _problem("the board does not start - give it more memory with --heap", 1)
            if self._again and self._board.state == OFF:
                self._again = False
                self._board.start()
            lines = []
            if commands in ready:
                *lines, ordered = (ordered + os.read(commands, _PIECE)).split(b"\n")
            for order in self._script.due() + [line.decode("utf-8", "replace") for line in lines]:
                self._obey(order)
            if 0 in ready:
                data = os.read(0, _PIECE)
                if not data:
                    sources.remove(0)
                *lines, typed = (typed + data).split(b"\n")
                for line in lines:
                    self._board.type(line.decode("utf-8", "replace"))

    def _obey(self, line: str) -> None:
        try:
            self._board.control(line)
            self._console.tell("control", text=line)
        except SimError as error:
            self._console.tell("control", level=30, text=line, problem=str(error))


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "sim",
        "A board that is not there: the generated OS on real MicroPython, its files "
        "in a real littlefs image, its hardware simulated.",
        _EPILOG.format(commands=HELP, network=DEFAULT_NETWORK, password=DEFAULT_PASSWORD),
    )
    parser.add_argument("board", choices=sorted(KINDS), help="what to simulate")
    parser.add_argument("--root", type=folder, help="its folder (~/.pythings-sim/BOARD)")
    parser.add_argument("--aid", help="the App that it belongs to (from your cloud's dashboard)")
    parser.add_argument("--tid", help="the Thing's id (default: its MAC)")
    parser.add_argument("--backend", help="the cloud: [http[s]://]host[:port]")
    parser.add_argument("--pool", help="the pool that it joins when first seen")
    parser.add_argument("--cloud-key", help="the cloud's public key, for payload encryption")
    parser.add_argument("--app-timeout", help="seconds that a call of the app may take (30)")
    parser.add_argument("--ca", metavar="FILE", type=Path, help="certificate of a CA, PEM or DER")
    parser.add_argument(
        "--trust", metavar="FILE", type=Path, help="key list: whose OS releases it takes"
    )
    parser.add_argument("--loglevel", choices=sorted(LEVELS, key=LEVELS.__getitem__))
    parser.add_argument(
        "--setup",
        action="store_true",
        help="as after flashing: it knows no network, and power-on opens the setup portal",
    )
    parser.add_argument(
        "--firmware",
        metavar="VERSION",
        choices=VERSIONS,
        default=NEWEST,
        help="whose ways it has: MicroPython %s (default: the newest)" % ", ".join(VERSIONS),
    )
    parser.add_argument("--heap", metavar="BYTES", type=_heap, default=0, help="of 32-bit words")
    for_modem = parser.add_argument_group("a board's modem (see `pythings modem --help`)")
    for_modem.add_argument("--apn", help="(internet, which is the one that works)")
    for_modem.add_argument(
        "--modem-speed", type=positive, default=1.0, help="10: ten times as fast"
    )
    for_modem.add_argument("--modem-fault", type=fault, action="append", default=[])
    for_modem.add_argument("--modem-seed", type=int, default=0)
    parser.add_argument("--source", action="store_true", help="the OS as source, not compiled")
    parser.add_argument(
        "--script",
        metavar="FILE",
        type=Path,
        help="commands as for `control`, the first before power comes; `wait SECONDS` between",
    )
    parser.add_argument("--json", action="store_true", help="one JSON event a line")
    parser.add_argument(
        "--power-cut-after",
        metavar="N",
        type=_count,
        default=0,
        help="power fails in the middle of the Nth operation on the flash, and comes back",
    )
    return parser


def _heap(text: str) -> int:
    if not is_number(text) or int(text) < _MINIMUM:
        raise argparse.ArgumentTypeError("%r is no number of bytes from %d on" % (text, _MINIMUM))
    return int(text)


def _count(text: str) -> int:
    if not is_number(text) or not int(text):
        raise argparse.ArgumentTypeError("%r is no number of operations" % text)
    return int(text)


def _problem(text: str, status: int) -> int:
    sys.stderr.write("pythings sim: %s\n" % text)
    return status
