"""Commands that change a board's surroundings while it runs, one a line."""

from __future__ import annotations

import shlex
from typing import Callable

from app.simulator.errors import SimError
from app.simulator.supervisor import Supervisor
from app.simulator.wifi import DEFAULT_NETWORK, MAX_NAME, Network

HELP = """\
wifi down | wifi up             every network disappears, or is there again
network NAME [PASSWORD [DBM]]   a network appears, or changes; a name with blanks: 'My home'
forget NAME                     it is gone
password NEW [NAME]             a network's password changes
ntp down | ntp up               the time server
delay MS                        associating, or being refused, takes so long
watchdog MS                     it waits no longer than that until the next reset
timers MS                       from the next reset on no timer waits longer; 0: as they ask
sleeps MS                       from the next reset on no `time.sleep` does
naps MS                         no deep sleep takes longer, but the clock goes on as if it had
pin NUMBER 0|1                  an input is driven
part NAME KIND WIRE=N ...       a part is wired to it: bme280, dht22, ds18b20, analog, button, led,
                                modbus (docs/apps.md)
set NAME VALUE=N ...            what the part measures: set air temperature=21.5
fault NAME WHAT [TIMES]         silent, corrupt, ...; none: as it should
uart NUMBER HEX                 bytes arrive at a serial line
type TEXT                       a line is typed on the console
reset                           the reset button
power off | power on            the plug
power cycle                     off and on
power fail OPERATIONS           off in the middle of an operation on the flash, counted from the
                                next reset on
"""


def obey(line: str, board: Supervisor) -> None:
    """Carry out the command in a line; raise `SimError` if it makes no sense."""
    name, _, rest = line.strip().partition(" ")
    act = _COMMANDS.get(name)
    if act is None:
        raise SimError("%r is no command - there are %s" % (line, ", ".join(_COMMANDS)))
    try:
        # Typed text is passed on unchanged, with its quotes.
        order = act([rest] if act is _type else shlex.split(rest), board)
    except (ValueError, IndexError, KeyError):
        raise SimError("%r makes no sense" % line) from None
    board.order(order)


Order = Callable[[], None]


def _wifi(words: list[str], board: Supervisor) -> Order:
    up = {"up": True, "down": False}[words[0]]

    def order() -> None:
        board.hardware.air.up = up
        board.hardware.changed()

    return order


def _network(words: list[str], board: Supervisor) -> Order:
    password = words[1] if len(words) > 1 else ""
    if not 0 < len(words[0].encode()) <= MAX_NAME:
        raise SimError("the name of a network has 1 to %d bytes" % MAX_NAME)
    network = Network(words[0], password, int(words[2]) if len(words) > 2 else -55)

    def order() -> None:
        board.hardware.air.add(network)
        board.hardware.changed()

    return order


def _forget(words: list[str], board: Supervisor) -> Order:
    name = words[0]

    def order() -> None:
        board.hardware.air.networks.pop(name, None)
        board.hardware.changed()

    return order


def _password(words: list[str], board: Supervisor) -> Order:
    network = board.hardware.air.networks[words[1] if len(words) > 1 else DEFAULT_NETWORK]
    new = words[0]

    def order() -> None:
        network.password = new
        board.hardware.changed()

    return order


def _delay(words: list[str], board: Supervisor) -> Order:
    seconds = int(words[0]) / 1000

    def order() -> None:
        board.hardware.air.delay_s = seconds

    return order


def _watchdog(words: list[str], board: Supervisor) -> Order:
    ms = int(words[0])
    return lambda: board.hurry(ms)


def _ntp(words: list[str], board: Supervisor) -> Order:
    up = {"up": True, "down": False}[words[0]]

    def order() -> None:
        board.hardware.time_server.up = up

    return order


def _timers(words: list[str], board: Supervisor) -> Order:
    ms = int(words[0])

    def order() -> None:
        board.timers_ms = ms

    return order


def _sleeps(words: list[str], board: Supervisor) -> Order:
    ms = int(words[0])

    def order() -> None:
        board.sleeps_ms = ms

    return order


def _naps(words: list[str], board: Supervisor) -> Order:
    ms = int(words[0])

    def order() -> None:
        board.naps_ms = ms

    return order


def _pin(words: list[str], board: Supervisor) -> Order:
    number, level = int(words[0]), {"0": 0, "1": 1}[words[1]]

    return lambda: board.hardware.drive(number, [level])


def _part(words: list[str], board: Supervisor) -> Order:
    name, kind, fields = words[0], words[1], _fields(words[2:])
    return lambda: board.hardware.wiring.add(name, kind, fields)


def _set(words: list[str], board: Supervisor) -> Order:
    name, fields = words[0], _fields(words[1:])
    return lambda: board.hardware.wiring.part(name).change(fields)


def _fault(words: list[str], board: Supervisor) -> Order:
    name, fault, times = words[0], words[1], int(words[2]) if len(words) > 2 else 0
    return lambda: board.hardware.wiring.part(name).fail(fault, times)


def _fields(words: list[str]) -> dict[str, str]:
    found = dict(word.split("=", 1) for word in words)
    if len(found) < len(words):
        raise ValueError
    return found


def _uart(words: list[str], board: Supervisor) -> Order:
    number, data = int(words[0]), bytes.fromhex(words[1])

    def order() -> None:
        if number in board.hardware.received:  # else no program listens
            board.hardware.received[number] += data

    return order


def _type(words: list[str], board: Supervisor) -> Order:
    data = words[0].encode() + b"\n"
    return lambda: board.type(data)


def _reset(_words: list[str], board: Supervisor) -> Order:
    return board.reset


def _power(words: list[str], board: Supervisor) -> Order:
    if words[0] == "fail":
        operations = int(words[1])

        def fail() -> None:
            board.cut_after = operations

        return fail

    def cycle() -> None:
        board.power_off()
        board.power_on()

    return {"off": board.power_off, "on": board.power_on, "cycle": cycle}[words[0]]


_COMMANDS: dict[str, Callable[[list[str], Supervisor], Order]] = {
    "wifi": _wifi,
    "network": _network,
    "forget": _forget,
    "password": _password,
    "ntp": _ntp,
    "delay": _delay,
    "watchdog": _watchdog,
    "timers": _timers,
    "sleeps": _sleeps,
    "naps": _naps,
    "pin": _pin,
    "part": _part,
    "set": _set,
    "fault": _fault,
    "uart": _uart,
    "type": _type,
    "reset": _reset,
    "power": _power,
}
