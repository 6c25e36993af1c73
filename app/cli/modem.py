"""`pythings modem`: a simulated SIM800 on a pseudo-terminal or a TCP port."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from pathlib import Path
from typing import Any, Callable

from app import shutdown_signals
from app.cli.parsing import command_parser, positive
from app.digits import is_number
from app.modem.commands import execute
from app.modem.faults import FAULTS, Fault, Faults, WrongFault, parse
from app.modem.internet import in_background
from app.modem.machine import SimulatedModem
from app.modem.profile import ModemProfile
from app.modem.server import Line, Port, Server, Terminal

_LAST_PORT = 65535

_EPILOG = """\
A Thing uses it like a real one: `pythings run --modem PORT --apn internet`, with the PORT that is
told when it is ready. Its requests really go out from this machine. Certificates are not verified:
nor does a SIM800.

faults: --fault NAME (always), NAME:0.1 (by chance), NAME@3 or NAME@3-5 (those only)
%s

exit status: 0 stopped by SIGTERM or Ctrl-C, 1 there is no such port, 2 wrong usage
""" % "\n".join("  %-12s %s" % (name, text) for name, (_, text) in FAULTS.items())


def main(argv: list[str]) -> int:
    """Run the modem in the foreground until a signal; return the exit status."""
    given = _parser().parse_args(argv)
    try:
        line: Line = Port(given.tcp) if given.tcp is not None else Terminal(given.pty)
    except OSError as error:
        sys.stderr.write("pythings modem: %s - choose another port or path\n" % error)
        return 1
    show = _as_json if given.json else _as_text
    server = Server(line)
    faults = Faults(given.fault, given.seed)
    options = ModemProfile(
        sim=given.sim,
        pin=given.pin,
        network=given.network,
        search_s=given.search,
        signal=given.signal,
        millivolts=given.millivolts,
        apn=given.apn,
        tls=not given.no_tls,
        off=given.off,
        rate=given.rate,
        speed=given.speed,
    )
    fetch = in_background(server.wake)
    machine = SimulatedModem(options, execute, fetch, faults, show, time.monotonic())
    for number in shutdown_signals.signals():
        signal.signal(number, lambda *_: server.stop())
    show("listening", {"port": line.name})
    try:
        server.run(machine)
    finally:
        server.close()
    show("stopped", {**machine.traffic.summary(), "faults": faults.struck})
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "modem", "A simulated SIM800 modem, with the real Internet behind it.", _EPILOG
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--pty", metavar="PATH", type=Path, help="a second name for its terminal")
    where.add_argument(
        "--tcp", metavar="PORT", type=_port, help="on a TCP port; 0: any that is free"
    )
    parser.add_argument(
        "--sim",
        choices=("ready", "none", "pin", "puk"),
        default="ready",
        help="there is none, it wants its PIN, or is blocked (ready)",
    )
    parser.add_argument("--pin", default="1234", help="that the SIM wants, with --sim pin (1234)")
    networks = ("home", "roaming", "denied", "none")
    parser.add_argument("--network", choices=networks, default="home", help="(home)")
    parser.add_argument(
        "--search", metavar="S", type=positive, default=4.0, help="to find the network (4)"
    )
    parser.add_argument(
        "--signal",
        metavar="0-31",
        type=int,
        choices=range(32),
        default=18,
        help="as AT+CSQ tells it (18)",
    )
    parser.add_argument(
        "--millivolts",
        metavar="MV",
        type=int,
        default=4012,
        help="its supply; it warns below 3490, and switches itself off below 3390 (4012)",
    )
    parser.add_argument("--apn", default="", help="the only one that works (any)")
    parser.add_argument("--no-tls", action="store_true", help="firmware without TLS")
    parser.add_argument("--off", action="store_true", help="switched off at first")
    parser.add_argument("--rate", type=int, default=0, help="fixed rate (it listens for one)")
    parser.add_argument("--speed", type=positive, default=1.0, help="10: ten times as fast")
    parser.add_argument("--fault", type=fault, action="append", default=[], help="see below")
    parser.add_argument("--seed", type=int, default=0, help="of the faults' chance (0)")
    parser.add_argument("--json", action="store_true", help="one JSON event a line")
    return parser


def fault(text: str) -> Fault:
    """Convert an option to a fault, for argparse."""
    try:
        return parse(text)
    except WrongFault as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _port(text: str) -> int:
    if not (is_number(text) and int(text) <= _LAST_PORT):
        raise argparse.ArgumentTypeError("there is no port %s, but up to %d" % (text, _LAST_PORT))
    return int(text)


def _as_json(event: str, fields: dict[str, Any]) -> None:
    print(json.dumps({"event": event, **fields}), flush=True)


def _as_text(event: str, fields: dict[str, Any]) -> None:
    say = _TEXTS.get(event)
    text = say(fields) if say else "%s %s" % (event, " ".join("%s=%s" % i for i in fields.items()))
    print(text, flush=True)


def _listening(fields: dict[str, Any]) -> str:
    port = fields["port"]
    return "The modem is at %s\n  a Thing on it   ./pythings run --modem %s --apn internet" % (
        port,
        port,
    )


def _request(fields: dict[str, Any]) -> str:
    return "%s  %d, %d bytes on the air" % (fields["url"], fields["status"], fields["air"])


def _stopped(fields: dict[str, Any]) -> str:
    text = "%(requests)d requests, %(air)d bytes on the air (%(up)d up, %(down)d down)" % fields
    if fields["cycles"]:
        text += "; %(cycles)d management cycles of %(air_per_cycle)d bytes" % fields
    return text


_TEXTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "listening": _listening,
    "request": _request,
    "stopped": _stopped,
    "fault": lambda fields: "fault: %s" % fields["fault"],
    "ready": lambda _: "It has started.",
    "off": lambda fields: "It is off%s." % (", and starts again" if fields["restarts"] else ""),
}
