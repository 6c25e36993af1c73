"""Commands of the modem itself, its SIM and its network (SIM800 Series AT Command Manual V1.09)."""

from __future__ import annotations

from typing import Callable

from app.modem.machine import SimulatedModem
from app.modem.replies import ERROR, OK, Handler, error, fields

FIRMWARE = "1418B05SIM800L24"
IMEI = "865067020757418"
SCAN_S = 25.0

# As in the answer to AT+COPS=?: 1 available, 2 in use, 3 forbidden; names, and number.
OPERATORS = (
    (2, "Sim Net", "Sim", "00101"),
    (1, "Test, and Trial", "T&T", "00102"),
    (3, "Elsewhere Mobile", "Elsewhere", "00103"),
    (1, "", "", "99942"),
)
_RATES = (0, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)


def _cmee(modem: SimulatedModem, text: str) -> str:
    if text not in ("=0", "=1", "=2"):
        return ERROR
    modem.errors = int(text[1:])
    return OK


def _ipr(modem: SimulatedModem, text: str) -> str:
    if text == "?":
        modem.line("+IPR: %d" % modem.rate)
        return OK
    if not text[1:].isdigit() or int(text[1:]) not in _RATES:
        return ERROR
    modem.final(OK)  # still at the old rate
    modem.rate = int(text[1:])
    return ""


def _tells(text: Callable[[SimulatedModem], str]) -> Handler:
    """Return the handler of a command that answers one line, whether read, tested or set."""

    def handle(modem: SimulatedModem, _text: str) -> str:
        modem.line(text(modem))
        return OK

    return handle


def _battery(modem: SimulatedModem) -> str:
    """Return voltage and level; the level (%) is computed as for a lithium cell."""
    millivolts = modem.profile.millivolts
    return "+CBC: 0,%d,%d" % (min(100, max(0, (millivolts - 3400) * 137 // 1000)), millivolts)


def _signal(modem: SimulatedModem) -> str:
    there = modem.radio and modem.profile.network != "none"
    return "+CSQ: %s" % ("%d,0" % modem.profile.signal if there else "99,99")


def _cpin(modem: SimulatedModem, text: str) -> str:
    sim = modem.profile.sim
    if sim == "none":
        return error(modem, 10)
    blocked = sim == "puk" or modem.pin_tries <= 0
    if text == "?":
        state = "SIM PUK" if blocked else "READY" if modem.unlocked else "SIM PIN"
        modem.line("+CPIN: " + state)
        return OK
    if blocked or modem.unlocked:
        return error(modem, 12 if blocked else 3)
    if fields(text)[0] != modem.profile.pin:
        modem.pin_tries -= 1
        modem.tell("wrong_pin", {"left": modem.pin_tries})
        return error(modem, 16)
    modem.pin_tries = 3
    modem.unlocked = True
    modem.register()
    modem.after(0.5, lambda: modem.line("+CPIN: READY"))
    return OK


def _creg(modem: SimulatedModem, text: str) -> str:
    if text == "?":
        modem.line("+CREG: 0,%d" % modem.registration())
    return OK


def _cops(modem: SimulatedModem, text: str) -> str:
    if text == "=?":
        there = modem.radio and modem.profile.network != "none"
        found = ",".join('(%d,"%s","%s","%s")' % each for each in OPERATORS if there)
        modem.after(SCAN_S, lambda: modem.line("+COPS: %s,,(0-4),(0-2)" % found))
        modem.after(SCAN_S, modem.final)
        return ""
    if text == "?":
        modem.line('+COPS: 0,0,"Sim Net"' if modem.registration() in (1, 5) else "+COPS: 0")
    return OK


def _cfun(modem: SimulatedModem, text: str) -> str:
    if text == "?":
        modem.line("+CFUN: %d" % modem.radio)
    elif text == "=1,1":
        modem.line(OK)
        modem.power_lost(restart=True, said="")
        return ""
    elif text in ("=0", "=1"):
        modem.lose_bearer()
        modem.radio = text == "=1"
        modem.register()
    else:
        return ERROR
    return OK


def _cpowd(modem: SimulatedModem, _text: str) -> str:
    modem.power_down()
    return ""


HANDLERS: tuple[tuple[str, Handler], ...] = (
    ("+CMEE", _cmee),  # §3.2.20
    ("+IPR", _ipr),  # §2.2.41
    ("+GMR", _tells(lambda _: "Revision:" + FIRMWARE)),  # §2.2.36
    ("+GSN", _tells(lambda _: IMEI)),  # §2.2.38
    ("+CBC", _tells(_battery)),  # §3.2.52
    ("+CSQ", _tells(_signal)),  # §3.2.35
    ("+CPIN", _cpin),  # §3.2.28
    ("+SPIC", _tells(lambda modem: "+SPIC: %d,10,3,10" % modem.pin_tries)),  # §6.2.3
    ("+CREG", _creg),  # §3.2.32
    ("+COPS", _cops),  # §3.2.22
    ("+CFUN", _cfun),  # §3.2.42
    ("+CPOWD", _cpowd),  # §6.2.2
)
