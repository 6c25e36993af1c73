"""The link to the cloud through a SIM800: SIM, registration, bearer; and remedies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.sim800.at import text_of
from adapters.sim800.modem import Modem
from domain.errors import DeviceError, LinkError

if TYPE_CHECKING:
    from adapters.sim800.operators import Operators
    from ports.link import Access

_TOTAL_MS = 100000  # a bearer alone may take 85 s
_SIM_MS = 10000  # until a SIM that is there can be read
_REGISTER_MS = 60000
_DENIED_MS = 15000  # some networks accept after a denial
_TICK_MS = 1000
_OFF_MS = 3000  # until it has left the network, and is off

# The remedy before the next attempt, by the number of failed ones; then from the beginning.
_NOTHING = 1
_BEARER = 2
_RADIO = 3
_RESTART = 4
_POWER = 5
_RUNGS = 6

# A command by hand: its longest length and time; the words that it must not contain (PIN and lock
# of the SIM; the access's password; the exchange with the cloud); the byte that leaves a prompt for
# data (AT+CMGS).
_COMMAND = 120
_DIALOGUE_MS = 45000
_REFUSED = ("CPIN", "CPWD", "CLCK", "SAPBR", "CSTT", "HTTP")
_ESCAPE = b"\x1b"

# The names of the access in AT+SAPBR, and their longest values (§9.2.1).
_NAMES = ("APN", "USER", "PWD")
_LONGEST = (64, 32, 32)


class CellularLink:
    """The link through a modem.

    Its TLS checks no certificate, or not reliably: `status()` says `exposed`.
    """

    def __init__(self, modem: Modem, given: Access) -> None:
        self.modem = modem
        self.operators: Operators | None = None  # where there is room for it
        self._given = given

    def up(self, host: str) -> None:
        """Connect within 100 s; the modem itself resolves `host`, with the first request."""
        if not _is_plain(host, 255) or not host or " " in host:
            raise LinkError("no_address", "%s is no host - check the backend" % repr(host))
        self.modem.until = self.modem.clock.monotonic() + _TOTAL_MS
        self.connect()

    def connect(self) -> None:
        """Open the bearer by `modem.until`; raise LinkError `no_link` or `wrong_password`."""
        modem = self.modem
        problem = self.problem()
        if problem:
            raise LinkError("no_link", problem)
        try:
            self._climb()
            modem.wake()
            if not self._is_open():
                self._unlock()
                self._register()
                self._open()
        except LinkError:
            modem.tries += 1
            modem.bearer = False
            raise

    def down(self) -> None:
        """Close the bearer; the modem stays on."""
        modem = self.modem
        modem.until = modem.clock.monotonic() + 10000
        if modem.ready:
            try:  # noqa: SIM105 - a board has no contextlib
                modem.ask(b"AT+SAPBR=0,1")
            except LinkError:
                pass
        modem.bearer = False

    def status(self) -> dict[str, object]:
        """Return the status as it was found when the link came up."""
        status: dict[str, object] = {"kind": "cellular", "up": self.modem.bearer, "exposed": True}
        if self.modem.bearer:
            status.update(self.modem.facts)
        return status

    def scan(self) -> list[tuple[str, int, bool]]:
        """Return the networks in reach, which takes a minute; the modem chooses by itself."""
        return self.operators.scan() if self.operators else []

    def dialogue(self, command: str) -> list[str]:
        """Wake the modem and send it the debugging user's AT command; return the lines."""
        upper = command.upper().replace(" ", "").replace("CPIN?", "")
        if not (_is_plain(command.replace('"', ""), _COMMAND) and upper[:2] == "AT"):
            text = "a command begins with AT and has %d plain characters at most" % _COMMAND
            raise DeviceError("refused", text)
        for name in _REFUSED:
            if name in upper:
                text = "%s takes or shows a secret, or is the OS's own - say another" % name
                raise DeviceError("refused", text)
        modem = self.modem
        modem.until = modem.clock.monotonic() + _DIALOGUE_MS
        modem.wake()
        lines: list[bytes] = []
        modem.ask(command.encode(), 0, _ESCAPE, 0, lines)
        password = self._given.access()[2]
        shown = [text_of(line) for line in lines]
        return [line.replace(password, "***") if password else line for line in shown]

    def problem(self) -> str:
        """Return the reason why this access can never work; "" if it may."""
        values = self._given.access()
        for at in range(3):
            if not _is_plain(values[at], _LONGEST[at]):
                text = "the %s of the modem may have %d plain characters, and no quote"
                return text % (_NAMES[at], _LONGEST[at])
        pin = values[3]
        if pin and not (4 <= len(pin) <= 8 and not pin.strip("0123456789")):
            return "the PIN of the modem has 4 to 8 digits"
        return ""

    def _climb(self) -> None:
        """Apply the remedy that is due."""
        modem = self.modem
        rung = modem.tries % _RUNGS
        if rung == _POWER:
            if not modem.pull("reset") and modem.pull("key"):
                modem.clock.sleep(_OFF_MS)
                modem.pull("key")  # off, and on again
        elif rung > _NOTHING and modem.ready:
            try:
                if rung == _BEARER:
                    modem.ask(b"AT+SAPBR=0,1")
                elif rung == _RADIO:
                    modem.ask(b"AT+CFUN=0")
                    modem.ask(b"AT+CFUN=1")
                else:
                    modem.ask(b"AT+CFUN=1,1")
                    modem.ready = False
                    modem.clock.sleep(5000)
            except LinkError:
                pass  # the next command shows whether it answers

    def _is_open(self) -> bool:
        line = self.modem.ask(b"AT+SAPBR=2,1")
        self.modem.bearer = line.startswith(b"+SAPBR: 1,1,")
        if self.modem.bearer:
            self.modem.facts["address"] = _text(line)
        return self.modem.bearer

    def _unlock(self) -> None:
        modem = self.modem
        until = min(modem.until, modem.clock.monotonic() + _SIM_MS)
        while True:
            line = modem.ask(b"AT+CPIN?")
            if line == b"+CPIN: READY":
                return
            if line.endswith(b"PIN"):
                self._enter()
            elif line.endswith(b"PUK"):
                raise LinkError(
                    "wrong_password", "the SIM is blocked - unlock it with its PUK, in a phone"
                )
            elif modem.said[-2:] in (b"10", b"13", b"15") or modem.clock.monotonic() >= until:
                raise LinkError("no_link", "the modem reads no SIM - put one in, contacts clean")
            modem.clock.sleep(_TICK_MS)

    def _enter(self) -> None:
        """Enter the PIN, unless it was refused before: the third refusal blocks the SIM. The SIM
        itself counts, so that a restart of the Thing changes nothing."""
        pin = self._given.access()[3]
        if not pin:
            raise LinkError("wrong_password", "the SIM wants a PIN - give it to the Thing")
        left = self.modem.ask(b"AT+SPIC")
        spent = left[:8] != b"+SPIC: 3" if left else False
        if pin != self.modem.tried and not spent:
            self.modem.tried = pin
            if self.modem.ask(('AT+CPIN="%s"' % pin).encode()):
                self.modem.tried = ""
                return
        raise LinkError(
            "wrong_password",
            "the SIM has refused a PIN, and no other is tried - enter the right one in a phone",
        )

    def _register(self) -> None:
        modem = self.modem
        now = modem.clock.monotonic()
        until, denied = min(modem.until, now + _REGISTER_MS), now + _DENIED_MS
        while True:
            fields = modem.ask(b"AT+CREG?").split(b",")
            if fields[1:2] in ([b"1"], [b"5"]):
                self.modem.facts["network"] = _text(modem.ask(b"AT+COPS?"))
                return
            now = modem.clock.monotonic()
            if fields[1:2] == [b"3"] and now >= denied:
                raise LinkError("no_link", "the network refuses the SIM - ask its operator")
            if now >= until:
                raise LinkError("no_link", "no network for the modem - look after its antenna")
            modem.clock.sleep(_TICK_MS)

    def _open(self) -> None:
        modem = self.modem
        modem.ask(b'AT+SAPBR=3,1,"CONTYPE","GPRS"')
        values = self._given.access()
        for at in range(3):
            if values[at] or not at:
                modem.ask(('AT+SAPBR=3,1,"%s","%s"' % (_NAMES[at], values[at])).encode())
        modem.ask(b"AT+SAPBR=1,1")
        if not self._is_open():
            raise LinkError(
                "no_link",
                "the modem gets no bearer - check the APN %s, and the SIM's contract"
                % repr(values[0]),
            )
        signal = modem.ask(b"AT+CSQ")[6:].split(b",")[0]
        if signal.isdigit() and int(signal) < 32:
            modem.facts["rssi"] = 2 * int(signal) - 113
        supply = modem.ask(b"AT+CBC").split(b",")
        if len(supply) == 3 and supply[1].isdigit() and supply[2].isdigit():
            modem.facts["battery"] = min(int(supply[1][:3]), 100)
            modem.facts["millivolts"] = int(supply[2][:5])
        modem.warned = ""


def _is_plain(text: str, most: int) -> bool:
    """Return whether a text can stand between quotes in a command."""
    for char in text:
        if not " " <= char <= "~" or char == '"':
            return False
    return len(text) <= most


def _text(line: bytes) -> str:
    """Return the first quoted text of a line."""
    return text_of((line.split(b'"') + [b""])[1])
