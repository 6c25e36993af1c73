"""Requests of a board's stand-ins about the station: `network.WLAN`, as each port has it."""

from __future__ import annotations

import time

from app.simulator.boards import Kind
from app.simulator.errors import HardwareRefusal
from app.simulator.firmware import Firmware
from app.simulator.wifi import (
    CONNECTING,
    IDLE,
    MAX_NAME,
    MAX_PASSWORD,
    NO_AP,
    PASSWORD,
    UP,
    Air,
    Station,
)

AP = 1  # the number of the other interface, the access point
_NO_RSSI = 31  # the ESP8266's value without a link


class Radio:
    """The requests `_do_wlan_...`, a base of `Hardware`, which has these fields."""

    kind: Kind
    firmware: Firmware
    air: Air
    station: Station
    event_s = 0.05  # delay until the firmware receives an event of its radio
    _reason = IDLE  # the last reported reason for the missing link
    _heard = 0.0  # when the firmware receives the event of the last disconnect

    def _do_wlan_connect(self, name: str | None, key: str | None) -> None:
        station, now = self.station, time.monotonic()
        if not station.active and self.kind.strict_connect:
            raise HardwareRefusal("OSError", "Wifi Not Started")
        if name is None:
            name, old = station.wanted or ("", "")
            key = old if key is None else key
        elif self._busy():
            raise HardwareRefusal("OSError", self.firmware.busy)
        station.connect(_cut(name, MAX_NAME), _cut(key or "", MAX_PASSWORD), now)

    def _busy(self) -> bool:
        """Return whether an ESP32's radio searches, which it does until told to stop."""
        state = self.station.state(time.monotonic())
        return self.kind.strict_connect and state not in (IDLE, UP)

    def _do_wlan_disconnect(self) -> None:
        now = time.monotonic()
        state = self.station.state(now)
        if state != IDLE:
            self._reason, self._heard = state, now + self.event_s
        self.station.disconnect(now)

    def _do_wlan_linked(self, interface: int) -> bool:
        return interface != AP and self.station.linked(time.monotonic())

    def _do_wlan_status(self, interface: int, name: str | None) -> int | None:
        if interface == AP:
            return None if self.kind.strict_connect else -1
        if name is None:
            return self.kind.states[self._state(time.monotonic())]
        if name != "rssi":
            raise HardwareRefusal("ValueError", "unknown status param")
        network = self.station.network()
        if network and self.station.linked(time.monotonic()):
            return network.rssi
        if self.kind.strict_connect:
            raise HardwareRefusal("OSError", "Wifi Not Connected")
        return _NO_RSSI

    def _state(self, now: float) -> str:
        """Return the state that the firmware reports.

        An ESP32's gives no reason, or the previous one until the next event of its radio.
        """
        state = self.station.state(now)
        if not self.kind.strict_connect or state == UP:
            return state
        if not self.firmware.tells:
            return CONNECTING if self._busy() else state
        late = now < self._heard and self._reason in (NO_AP, PASSWORD)
        return self._reason if late and state in (IDLE, CONNECTING) else state

    def _do_wlan_ssid(self) -> str:
        return self.station.wanted[0] if self.station.wanted else ""

    def _do_wlan_scan(self) -> list[tuple[str, str, int, int, int]]:
        if not self.station.active:
            raise HardwareRefusal("OSError", "STA must be active")
        if self._busy():
            return []
        return [
            (found.name, found.bssid().hex(), found.channel, found.rssi, 3 if found.password else 0)
            for found in self.air.in_reach()
        ]


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode("utf-8", "replace")
