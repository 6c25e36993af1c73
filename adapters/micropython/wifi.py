"""Wi-Fi by `network.WLAN`, on boards that have it."""

from __future__ import annotations

import socket

import network

from domain.errors import DeviceError, LinkError
from domain.settings import networks
from ports.clock import Clock
from ports.storage import Storage

_TOTAL_MS = 30000
_EACH_MS = 12000  # association, keys and DHCP take some 5 s
_TICK_MS = 100
_NEXT = " - power the Thing three times in a row, join its own network, open http://192.168.4.1"
_STALE_MS = 1000  # an absent network is never reported sooner


class WifiLink:
    """A link by the networks of `domain/settings/networks.py`. `wrong`: the values of `status()`
    for a wrong password on this board. Stateless: the state is the radio's."""

    def __init__(self, storage: Storage, clock: Clock, wrong: tuple[int, ...]) -> None:
        self._storage = storage
        self._clock = clock
        self._wrong = wrong
        self._wlan = network.WLAN(network.STA_IF)

    def up(self, host: str) -> None:
        """Join known networks by priority and last success, those in reach before all others."""
        if not self._wlan.isconnected():
            self._connect()
        try:
            socket.getaddrinfo(host, 443)
        except OSError as error:
            self.down()
            raise LinkError(
                "no_address", "%s has no address: %r - check the backend" % (host, error)
            ) from error

    def down(self) -> None:
        """Leave the network and switch the radio off."""
        try:
            self._wlan.disconnect()
            self._wlan.active(False)
        except (OSError, RuntimeError):
            pass

    def status(self) -> dict[str, object]:
        """Return the status of the station."""
        up = bool(self._wlan.isconnected())
        status: dict[str, object] = {"kind": "wifi", "up": up}
        if up:
            status["address"] = self._wlan.ifconfig()[0]
            try:
                status["network"] = self._wlan.config("essid")
                status["rssi"] = self._wlan.status("rssi")
            except (OSError, ValueError):
                pass  # not on this firmware
        return status

    def scan(self) -> list[tuple[str, int, bool]]:
        """Return the networks in reach, strongest first, but no hidden or non-UTF-8 names."""
        try:
            self._wlan.active(True)
            if not self._wlan.isconnected():
                self._wlan.disconnect()  # an ESP32 that looks for its network finds no other
            seen = sorted([(item[3], item[0], item[4] > 0) for item in self._wlan.scan()])[::-1]
        except (OSError, RuntimeError):
            return []
        found = []
        for rssi, name, locked in seen:
            try:  # noqa: SIM105 - a board has no contextlib
                found.append((name.decode(), rssi, locked))
            except UnicodeError:
                pass
        return [item for item in found if item[0]]

    def _connect(self) -> None:
        try:
            known = networks.load(self._storage)
        except DeviceError as error:
            raise LinkError("no_link", "the file wifi is not readable: %s" % error) from error
        network.WLAN(network.AP_IF).active(False)  # open to all, with the default password
        reach = [name for name, _, _ in self.scan()]
        order = []
        for at in range(len(known)):  # a board's `sorted` keeps no order
            item = known[at]
            order.append((item["name"] not in reach, -item["priority"], -item["last"], at))
        until = self._clock.monotonic() + _TOTAL_MS
        code, said = "no_link", "no known Wi-Fi network is in reach"
        for key in sorted(order):
            item = known[key[3]]
            try:
                trouble = self.join(item["name"], item["password"], until)
            except (OSError, RuntimeError, ValueError) as error:
                trouble = repr(error)
            if not trouble:
                try:  # noqa: SIM105 - a board has no contextlib
                    networks.works(self._storage, item, known)
                except DeviceError:
                    pass  # only a little slower next time
                return
            if trouble == "wrong_password":
                code, said = trouble, "%s refuses the password" % item["name"]
        raise LinkError(code, said + _NEXT)

    def join(self, name: str, password: str, until: int) -> str:
        """Join one network, until the clock reads `until`; return "", or why it failed."""
        wlan, clock = self._wlan, self._clock
        wlan.active(True)
        wlan.disconnect()  # a station that looks for another network refuses this one
        if password:
            wlan.connect(name, password)
        else:
            wlan.connect(name)
        stale = clock.monotonic() + _STALE_MS
        until = min(until, clock.monotonic() + _EACH_MS)
        trouble = "no answer"
        while clock.monotonic() < until:
            if wlan.isconnected():
                return ""
            # The first status of an ESP32 may still be the reason why another network was left.
            status = 0 if clock.monotonic() < stale else wlan.status()
            if status in self._wrong:
                trouble = "wrong_password"
                break
            if status == network.STAT_NO_AP_FOUND:
                break
            clock.sleep(_TICK_MS)
        wlan.disconnect()
        return trouble
