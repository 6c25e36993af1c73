"""A SIM800 on a serial line: its power, its rate, and one command at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.sim800.at import DATA, ECHO, FINAL, INFO, PROMPT, URC, Digester
from domain.errors import DeviceError, LinkError
from domain.levels import WARNING
from ports.clock import Clock
from ports.console import Console
from ports.uart import Uart

if TYPE_CHECKING:
    from domain.health.status import Status

_PIECE = 128  # bytes read at once
_STALE = 64  # pieces: more is a line with endless noise
_ATTENTION_MS = 400  # an AT is answered within a few ms
_RATES = (9600, 57600)  # others that a modem may have been left at

# How long to pull a pin low, in ms (SIM800 Series Hardware Design, "Power on", "Reset"). It listens
# up to 3 s later.
_PULSES = {"key": 1200, "reset": 150}


class Modem:
    """A modem. The caller sets `until` (monotonic ms), by which every command ends."""

    def __init__(
        self,
        uart: Uart,
        clock: Clock,
        console: Console,
        baud: int = 115200,
    ) -> None:
        self.clock = clock
        self.until = 0
        self.ready = False  # it has answered, at our rate, and does not echo
        self.bearer = False  # open, as far as we have heard
        self.action = b""  # the text of the last +HTTPACTION
        self.said = b""  # the last final result code
        self.tries = 0  # failures since the last success: selects the remedy
        self.tried = ""  # the PIN that was entered last, unless it was right
        self.facts: dict[str, object] = {}  # for the link's status
        self.status: Status | None = None  # the Thing's, which is reported to the cloud
        self.warned = ""  # the last warning about the supply, since the bearer was opened
        self._console = console
        self._uart = uart
        self._baud = baud
        self._is_open = False
        self._starts = False  # a pin was pulled, and it has not answered since
        self.digester = Digester()

    def ask(
        self,
        command: bytes,
        most: int = 0,
        send: bytes = b"",
        limit_ms: int = 0,
        lines: list[bytes] | None = None,
    ) -> bytes:
        """Send a command; return the last line of its answer, or with `most` the announced bytes.

        `send` goes out when the modem prompts for it. An answer without a line is `b"OK"`, a
        refusal `b""`; so is an answer with other bytes than it announces. `lines` is filled with
        all that came but the echo. Raises LinkError `no_link` when no answer comes.
        """
        digester = self.digester
        was_ready = self.ready
        stale = _STALE
        while stale and self.hear(0):  # as `listen`, a call less deep: earlier lines are no answer
            stale -= 1
        digester.expect(command, most)
        limit_ms = limit_ms or digester.limit_ms
        self._write(command + b"\r")
        line, done = b"OK", False
        data: list[bytes] = []
        until = self.clock.monotonic() + limit_ms
        while not done:
            left = min(until, self.until) - self.clock.monotonic()
            if left <= 0 or was_ready > self.ready:  # no answer, or a restart instead of one
                self.ready = False
                raise _silent(command)
            for kind, value in self.hear(left):
                if lines is not None and value and kind != ECHO:
                    lines.append(value)
                if kind == INFO:
                    line = value
                elif kind == DATA:
                    data.append(value)
                elif kind == PROMPT:
                    self._write(send)
                    until += len(send)
                elif kind == FINAL:
                    self.said, done = value, True
        answer = _whole(line, data) if most else line
        return answer if self.said == digester.final else b""

    def listen(self) -> None:
        """Process the lines that the modem has sent by itself."""
        for _ in range(_STALE):
            if not self.hear(0):
                break

    def hear(self, limit_ms: int) -> list[tuple[int, bytes]]:
        """Return the pieces received within `limit_ms`, maybe none; note unsolicited lines."""
        try:
            data = self._uart.read(_PIECE, limit_ms)
        except DeviceError as error:
            raise self._gone(error) from error
        # A piece without a whole line counts as received, too.
        events = self.digester.feed(data) or ([(URC, b"")] if data else [])
        for kind, line in events:
            if kind != URC:
                continue
            if line.startswith(b"+HTTPACTION:"):
                self.action = line[12:]
            elif line.endswith(b"DEACT"):
                self.bearer = False
            elif line.endswith(b"RDY") or b" POWER " in line:  # DOWN; a SIM800C says OFF
                self.ready = self.bearer = False
            if b"ER-VOLTAGE " in line:
                self._warn(line)
        return events

    def _warn(self, line: bytes) -> None:
        """Warn of a supply that is too low or too high, unless that was the last warning."""
        text = "low" if b"UNDER" in line else "high"
        if b" POWER " in line:
            text += ", it is off"
        text = "the modem's voltage is too %s - look after its supply" % text
        if text != self.warned:
            self.warned = text
            self._console.event(WARNING, "modem", {"text": text})
            if self.status:
                self.status.remark(text)

    def wake(self) -> None:
        """Wake the modem, by AT or else its pins; raise LinkError `no_link` if it stays silent."""
        if self.ready and self._answers(1):
            return
        self.ready = False
        # The key switches on, but also off; the reset pin only restarts a modem that is on.
        for pin in ("", "key", "key", "reset"):
            if pin and not self.pull(pin):
                continue
            times = 10 if self._starts else 3
            for baud in (self._baud,) + _RATES:
                self._open(baud)
                if self._answers(times):
                    self._settle(baud)
                    return
                times = 2
        raise LinkError("no_link", "the modem does not answer - look after its power and its wires")

    def pull(self, pin: str) -> bool:
        """Pull a pin; return False where it has no wire."""
        if not self._uart.pull(pin, _PULSES[pin]):
            return False
        self.ready = self.bearer = False
        self._starts = True
        return True

    def close(self) -> None:
        """Close the line; the modem stays as it is. Never raises."""
        self.ready = self._is_open = False
        self._uart.close()

    def _answers(self, times: int) -> bool:
        """Return whether the modem answers to AT, from which it also detects our rate."""
        for _ in range(times):
            if self.clock.monotonic() >= self.until:
                break
            try:
                if self.ask(b"AT", 0, b"", _ATTENTION_MS):
                    return True
            except LinkError:
                if not self._is_open:
                    raise
        return False

    def _settle(self, baud: int) -> None:
        """Set the modem to our rate (so that it announces a restart), and switch its echo off."""
        if self.ask(b"AT+IPR?") != b"+IPR: %d" % self._baud:
            self.ask(b"AT+IPR=%d" % self._baud)
        if baud != self._baud:
            self._open(self._baud)
        self.ask(b"ATE0")
        self.ask(b"AT+CMEE=1")
        self.ready, self._starts = True, False

    def _open(self, baud: int) -> None:
        try:
            self._uart.open(baud)
        except DeviceError as error:
            raise self._gone(error) from error
        self._is_open = True

    def _write(self, data: bytes) -> None:
        try:
            self._uart.write(data)
        except DeviceError as error:
            raise self._gone(error) from error

    def _gone(self, error: DeviceError) -> LinkError:
        self.ready = self.bearer = self._is_open = False
        self._uart.close()
        return LinkError("no_link", error.text)


def _silent(command: bytes) -> LinkError:
    name = "".join([chr(byte) for byte in command.split(b"=")[0]])
    return LinkError("no_link", "the modem does not answer %s - look after its power" % name)


def _whole(line: bytes, data: list[bytes]) -> bytes:
    """Return the bytes, if they are as many as the line announces, else `b""`."""
    answer = b"".join(data)
    return answer if line.split(b":")[-1].strip() == b"%d" % len(answer) else b""
