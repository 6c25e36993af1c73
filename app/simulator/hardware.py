"""The hardware behind a board's stand-ins: the state that the program itself does not hold."""

from __future__ import annotations

import json
import random
import secrets
import time
from pathlib import Path
from typing import Any, Callable

from app.simulator.boards import DEEPSLEEP, POWER_ON, SOFT, Kind
from app.simulator.doors import ANY, Doors, Way
from app.simulator.errors import HardwareRefusal
from app.simulator.firmware import NEWEST, firmware
from app.simulator.modem import SimModem
from app.simulator.parts.wiring import Wiring
from app.simulator.pins import Pins
from app.simulator.radio import AP, Radio
from app.simulator.relay import Relay
from app.simulator.timeserver import PORT as TIME
from app.simulator.timeserver import TimeServer
from app.simulator.wifi import ADDRESS, Air, Station

_NOBODY = ("0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0")  # noqa: S104 - no address
_ACCESS_POINT = ("192.168.4.1", "255.255.255.0", "192.168.4.1", "192.168.4.1")
_STREAM = (0, 1)  # SOCK_STREAM, or any kind
_ESP_EAI_FAIL = -202

Tell = Callable[..., None]


class Hardware(Radio, Pins):
    """The hardware of a board. `tell(event, **fields)` receives the events visible from outside.

    Each method `_do_...` is a request of the stand-ins: returns JSON or raises `HardwareRefusal`.
    """

    def __init__(
        self,
        kind: Kind,
        mac: bytes,
        nvs: Path,
        tell: Tell,
        modem: SimModem | None = None,
        version: str = NEWEST,
    ) -> None:
        self.kind = kind
        self.firmware = firmware(kind.port, version)
        self._version = version
        self.modem = modem
        self.mac = mac
        self.air = Air()
        self.station = Station(self.air)
        self.relay = Relay(lambda: self.station.linked(time.monotonic()))
        self.doors = Doors(self.relay, self._ways())
        self.time_server = TimeServer()
        self.inputs = {}
        self.received = {}
        self.wiring = Wiring(tell, self.drive)
        self._nvs = nvs
        self._tell = tell
        self._told = ""
        self.point_key = ""  # the access point's
        self.lose_power()

    def lose_power(self) -> None:
        """Forget all state that only power keeps."""
        if self.modem:
            self.modem.lose_power()
        self.wiring.lose_power()
        self.memory = ""
        self._rtc_zero = time.time()
        self.restart(POWER_ON)

    def restart(self, cause: str) -> None:
        """Forget the state that a reset clears."""
        if cause not in (DEEPSLEEP, SOFT) and not self.firmware.keeps_memory:
            self.memory = ""
        self._access_point = self.kind.auto_connect
        self._sequence = random.Random(0)  # noqa: S311 - as weak as it is there
        self.forget_pins()
        self.doors.restart()
        self.received.clear()
        if not self.kind.auto_connect:
            self.station.wanted = None
            self.station.turn(False, time.monotonic())
        self.look()

    def config(self, cause: str) -> dict[str, Any]:
        """Return the stand-ins' configuration at the start."""
        kind = self.kind
        return {
            "cause": kind.causes.get(cause, kind.causes["power_on"]),
            "unique_id": self.mac[-kind.unique_id :].hex(),
            "mac": [self.mac.hex(), (self.mac[:5] + bytes([self.mac[5] ^ 1])).hex()],
            "folders": kind.folders,
            "modules": kind.modules,
            "platform": kind.platform,
            "uname": [kind.name, kind.name, self._version + ".0", "simulated", kind.machine],
            "flash": kind.flash,
            "blocks": kind.blocks,
            "rom_at": kind.rom.offset if kind.rom else 0,
            "rtc_zero": self._rtc_zero,
            "scan_ms": int(self.air.delay_s * 1000),
            **self.firmware.config(),
        }

    def ask(self, name: str, arguments: list[Any]) -> Any:
        """Answer a request of the stand-ins."""
        self.look()
        method = getattr(self, "_do_" + name, None) or getattr(self.wiring, "do_" + name, None)
        if method is None:
            raise HardwareRefusal("ValueError", "the simulated hardware has no %s" % name)
        result = method(*arguments)
        self.look()
        return result

    def look(self) -> None:
        """Report a change of the station's state."""
        state = self.station.state(time.monotonic())
        if state != self._told:
            self.relay.wake()
        if state != self._told and (self._told or state != "idle"):
            network = self.station.wanted[0] if self.station.wanted else ""
            self._tell("wifi", state=state, network=network)
        self._told = state

    def close(self) -> None:
        """Close the doors, the relay and the time server."""
        self.doors.close()
        self.relay.close()
        self.time_server.close()

    def changed(self) -> None:
        """Apply a change of the networks."""
        self.station.changed(time.monotonic())
        self.look()

    def _do_wlan_config(self, interface: int) -> dict[str, Any]:
        return {"ssid": "MicroPython-" + self.mac[3:].hex()} if interface == AP else {}

    def _do_wlan_active(self, interface: int, on: bool | None) -> bool | None:
        if interface == AP:
            if on is not None and bool(on) != self._access_point:
                self._access_point = bool(on)
                self.relay.wake()
                self._tell("access_point", active=self._access_point)
            active = self._access_point
        else:
            if on is not None:
                self.station.turn(bool(on), time.monotonic())
            active = self.station.active
        return None if self.kind.auto_connect and on is not None else active

    def _do_wlan_address(self, interface: int) -> tuple[str, ...]:
        if interface == AP:
            return _ACCESS_POINT
        return ADDRESS if self.station.linked(time.monotonic()) else _NOBODY

    def _do_route(self, host: str, port: int, kind: int) -> tuple[str, int, bool]:
        """Return the host and port to use instead, and whether they are for listening."""
        if host in (*ANY, ADDRESS[0], _ACCESS_POINT[0]):
            inner, ways = self.doors.make(host, port)
            if not self._access_point:
                ways["at"] = ways["lan"]
            self._tell("listens", port=port, **ways)
            return "127.0.0.1", inner, True
        if not self.station.linked(time.monotonic()):
            raise HardwareRefusal("OSError", _ESP_EAI_FAIL if self.kind.strict_connect else -2)
        if kind not in _STREAM:
            at = ("127.0.0.1", self.time_server.port) if port == TIME else (host, port)
            return (*at, False)
        return "127.0.0.1", self.relay.port_to(host, port), False

    def _do_listens(self, inner: int, does: bool) -> None:
        self.doors.listens(inner, does)

    def _do_peer(self, source: int) -> tuple[str, int]:
        return self.doors.peer(source)

    def _do_random(self, size: int) -> str:
        """Return random bytes; the generator needs the radio's noise, else it repeats a sequence.

        ESP32 Technical Reference Manual, Random Number Generator; the ESP8266 has the same.
        """
        if self._do_radio_on():
            return secrets.token_bytes(size).hex()
        return self._sequence.randbytes(size).hex()

    def radio_on(self) -> bool:
        """Return whether the radio takes power."""
        return self.station.active or self._access_point

    def skip(self, seconds: float) -> None:
        """Let the RTC go on by as much, as in a sleep that is cut short for a test."""
        self._rtc_zero -= seconds

    def _do_radio_on(self) -> bool:
        return self.radio_on()

    def _do_access_point(self, name: str, security: int, key: str) -> None:
        self.point_key = key
        self._tell("access_point", active=self._access_point, network=name, security=security)

    def _ways(self) -> tuple[Way, ...]:
        def near() -> bool:
            return self._access_point

        def linked() -> bool:
            return self.station.linked(time.monotonic())

        point, peer = _ACCESS_POINT[0], ADDRESS[0] + "7"
        return (
            Way("at", point, _ACCESS_POINT[0][:-1] + "2", near),
            Way("lan", ADDRESS[0], peer, linked),
            Way("across", point, peer, linked),
        )

    def _do_rtc_memory(self, data: str | None = None) -> str:
        if data is not None:
            self.memory = data
        return self.memory

    def _do_rtc_zero(self, zero: float) -> None:
        self._rtc_zero = zero

    def _do_nvs_load(self, space: str) -> dict[str, Any]:
        found: dict[str, Any] = self._spaces().get(space, {})
        return found

    def _do_nvs_save(self, space: str, values: dict[str, Any]) -> None:
        self._nvs.write_text(json.dumps({**self._spaces(), space: values}), encoding="ascii")

    def _spaces(self) -> dict[str, Any]:
        try:
            spaces: dict[str, Any] = json.loads(self._nvs.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return {}
        return spaces
