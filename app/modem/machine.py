"""The simulated modem as a machine without I/O: bytes and time in, bytes out.

Its own actions are in its schedule; `run` performs those that are due. It is off, booting or on;
if on, it is idle, busy with a command, or receiving data.
"""

from __future__ import annotations

from typing import Any, Callable

from app.modem.faults import Faults
from app.modem.internet import Fetch, HttpAnswer, Request, Traffic
from app.modem.profile import ModemProfile
from app.modem.schedule import Schedule

BOOT_S = 2.5
ANSWER_S = 0.02
_LINE = 556  # characters of a command (§1.4)

# The supply in mV, below or above which the modem warns, or switches itself off (SIM800 Series
# Hardware Design, "Over-voltage or Under-voltage Power off").
_WARNS = (3490, 4300)
_OFF = (3390, 4400)

Tell = Callable[[str, "dict[str, Any]"], None]


def _nobody(_event: str, _fields: dict[str, Any]) -> None:
    """Ignore an event: the default for `tell`."""


class SimulatedModem:
    """Power, line, time and faults; `execute(machine, line)` implements the commands."""

    def __init__(
        self,
        profile: ModemProfile,
        execute: Callable[[SimulatedModem, str], None],
        fetch: Fetch,
        faults: Faults | None = None,
        tell: Tell = _nobody,
        now: float = 0.0,
    ) -> None:
        self.profile = profile
        self.faults = faults or Faults([])
        self.traffic = Traffic()
        self.tell = tell
        self.on = False
        self.booting = False
        self.rate = profile.rate
        self.pin_tries = 3
        self.boots = 0
        self.inputs = 0  # of AT+HTTPDATA
        self._execute = execute
        self._fetch = fetch
        self._schedule = Schedule(now)
        self._output = b""
        self._host_rate = 115200
        self._reset()
        if not profile.off:
            self.boot(delay=0.0)

    def _reset(self) -> None:
        """Reset all state that a restart forgets."""
        self._schedule.clear()
        self._line = b""
        self.busy = False
        self.echo = True
        self.errors = 0
        self.heard_rate = 0  # of this run; 0 until a command was recognized
        self.wanted = 0  # bytes of data still to receive
        self.data = b""
        self.unlocked = self.profile.sim == "ready"
        self.registered_at = 0.0
        self.radio = True
        self.bearer = False
        self.access: dict[str, str] = {}
        self.http: dict[str, str] | None = None
        self.answer = HttpAnswer(0)
        self.job: Callable[[], HttpAnswer | None] | None = None
        self._request: Request | None = None

    # time

    @property
    def now(self) -> float:
        """The time in s."""
        return self._schedule.now

    def run(self, now: float) -> None:
        """Perform the actions that are due."""
        self._schedule.run(now, self._look_at_job)

    def due(self) -> float | None:
        """Return the time of the next scheduled action; a request may end at any time."""
        return self._schedule.due()

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Schedule an action, in seconds of the modem's own time."""
        self._schedule.after(seconds / self.profile.speed, action)

    # the line

    def take(self) -> bytes:
        """Return the bytes sent since the last call."""
        output, self._output = self._output, b""
        return output

    def put(self, data: bytes) -> None:
        """Send data; it arrives as noise unless the rate is the host's."""
        if self.rate and self.rate != self._host_rate:
            data = bytes(self.faults.dice.choice(b"\x00\x80\xe0\xf8\xfe") for _ in data)
        elif not self.rate and not self.heard_rate:
            return  # it does not know the host's rate yet
        self._output += data

    def feed(self, data: bytes, now: float, rate: int = 115200) -> None:
        """Process the host's data; ignore it at another rate."""
        self.run(now)
        self._host_rate = rate
        if not self.on or self.booting:
            return
        if not self.rate and not self.heard_rate and b"AT" in data.upper():
            self.heard_rate = rate
        if rate != (self.rate or self.heard_rate):
            return
        while data and self.on:
            if self.wanted:
                taken, data = data[: self.wanted], data[self.wanted :]
                self.data += taken
                self.wanted -= len(taken)
                if not self.wanted:
                    self.after(ANSWER_S, lambda: self.final("OK"))
                continue
            end = data.find(b"\r") + 1
            piece, data = data[: end or len(data)], data[end or len(data) :]
            if self.busy:
                continue  # a busy modem does not listen
            if self.echo:
                self.put(piece)
            self._line = (self._line + piece.replace(b"\n", b""))[-_LINE:]
            if end:
                line, self._line = self._line[:-1], b""
                self._command(line.decode("latin-1"))

    def _command(self, line: str) -> None:
        start = line.upper().find("AT")
        if start < 0:
            return
        line = line[start:]
        self.busy = True
        fault = self.faults.at("command") if line.upper() != "AT" else ""
        if fault:
            self.tell("fault", {"fault": fault, "command": line})
        if fault in ("brown_out", "power_off"):
            self.power_lost(restart=fault == "brown_out")
        elif fault == "silent":
            self.after(0.5, self._idle)
        elif fault == "error":
            self.after(ANSWER_S, lambda: self.final("ERROR"))
        else:
            delay = ANSWER_S
            if fault == "slow":
                delay = 1 + 3 * self.faults.dice.random()
            elif fault == "urc":
                self.line('*PSUTTZ: 2026,11,23,7,16,20,"+4",0')
                self.after(delay * 1.01, lambda: self.line('+CMTI: "SM",3'))
            elif fault == "garbage":
                self.put(bytes([0, 255, 254]))
            elif fault == "low_voltage":
                self.line("UNDER-VOLTAGE WARNNING")
            self.after(delay, lambda: self._execute(self, line))

    def _idle(self) -> None:
        self.busy = False

    def line(self, text: str) -> None:
        """Send a line."""
        self.put(b"\r\n%s\r\n" % text.encode("latin-1", "replace"))

    def final(self, text: str = "OK") -> None:
        """Send a final result code, which ends the command."""
        self.line(text)
        self.busy = False

    # power

    def press(self, pin: str, ms: int, now: float) -> None:
        """Process a pulse on a pin: low for `ms`, until now."""
        self.run(now)
        if pin == "key" and ms >= 1000:
            if self.on:
                self.power_down()
            else:
                self.boot()
        elif pin == "reset" and ms >= 105 and self.on:
            self.power_lost(restart=True, said="")

    def boot(self, delay: float = BOOT_S) -> None:
        """Switch on."""
        self.on = self.booting = True
        self.boots += 1
        self.after(delay, self._booted)

    def _booted(self) -> None:
        self.booting = False
        self.register()
        self.after(1.0, self._look_at_supply)
        self.tell("ready", {"boots": self.boots})
        if self.rate:  # else it does not know a rate to send at
            state = {"ready": "READY", "none": "NOT INSERTED", "pin": "SIM PIN", "puk": "SIM PUK"}
            for at, text in (
                (0, "RDY"),
                (0, "+CFUN: 1"),
                (0.2, "+CPIN: " + state[self.profile.sim]),
            ):
                self.after(at, lambda text=text: self.line(text))  # type: ignore[misc]
            if self.profile.sim == "ready":
                self.after(self.profile.search_s, lambda: self.line("Call Ready"))
                self.after(self.profile.search_s, lambda: self.line("SMS Ready"))

    def power_down(self) -> None:
        """Switch off in good order."""
        self.line("NORMAL POWER DOWN")
        self.power_lost(restart=False, said="")

    def power_lost(self, restart: bool, said: str = "UNDER-VOLTAGE POWER DOWN") -> None:
        """Cut the power, with all state lost; `said` may be sent just before."""
        if said and self.faults.dice.random() < 0.5:
            self.line(said)
        self._reset()
        self.on = self.booting = False
        self.tell("off", {"restarts": restart})
        if restart:
            self.boot()

    def _look_at_supply(self) -> None:
        low = "UNDER" if self.profile.millivolts < _WARNS[1] else "OVER"
        if not _OFF[0] <= self.profile.millivolts <= _OFF[1]:
            self.line(low + "-VOLTAGE POWER DOWN")
            self.power_lost(restart=False, said="")
        elif not _WARNS[0] < self.profile.millivolts < _WARNS[1]:
            self.line(low + "-VOLTAGE WARNNING")  # the modem's spelling

    # network

    def register(self) -> None:
        """Start to search for the network."""
        self.registered_at = self.now + self.profile.search_s / self.profile.speed

    def registration(self) -> int:
        """Return the registration, as in AT+CREG? (§3.2.32)."""
        found = self.now >= self.registered_at
        if not self.radio or not self.unlocked or self.profile.network == "none":
            return 2 if self.radio and self.unlocked else 0
        if not found:
            return 2
        return {"home": 1, "roaming": 5, "denied": 3}[self.profile.network]

    def lose_bearer(self) -> None:
        """Close the bearer, as the network does."""
        if self.bearer:
            self.bearer = False
            self.line("+SAPBR 1: DEACT")

    # requests

    def begin(self, request: Request) -> None:
        """Begin a request; its answer is fetched later."""
        self._request = request
        self.job = self._fetch(request)

    def _look_at_job(self) -> None:
        answer = self.job() if self.job else None
        if answer is None or self._request is None:
            return
        self.job = None
        request, self._request = self._request, None
        air = self.traffic.count(request, answer)
        fields = {"url": request.url, "status": answer.status, "air": air}
        sums = {"requests": self.traffic.requests, "total": self.traffic.air}
        self.tell("request", {**fields, **sums, "cycles": self.traffic.cycles})
        self.after(0.6, lambda: self._answered(request, answer))

    def _answered(self, request: Request, answer: HttpAnswer) -> None:
        if self.http is None:
            return  # HTTP was terminated meanwhile
        self.answer = answer if self.bearer else HttpAnswer(601)
        method = 0 if request.body is None else 1
        self.line("+HTTPACTION: %d,%d,%d" % (method, self.answer.status, len(self.answer.body)))
