"""Wi-Fi by `network.WLAN`, on boards that have it."""

from __future__ import annotations

import socket

import network

from domain.errors import DeviceError, LinkError
from ports.clock import Clock
from ports.storage import Storage

_TOTAL_MS = 30000
_EACH_MS = 12000  # association, keys and DHCP take some 5 s
_TICK_MS = 100
_LAST = "wifi.last"  # the networks that worked, the latest first
_KEPT = 4


class WifiLink:
    """Takes the networks from the file `wifi`: lines of name and password in turn, an empty
    password for an open one. `wrong`: what `status()` says of a wrong password on this board.
    Stateless: the state is the radio's."""

    def __init__(self, storage: Storage, clock: Clock, wrong: tuple[int, ...]) -> None:
        self._storage = storage
        self._clock = clock
        self._wrong = wrong
        self._wlan = network.WLAN(network.STA_IF)

    def up(self, host: str) -> None:
        """Tries known networks in order of last success, those in reach before all others."""
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
        """The radio is off, too."""
        try:
            self._wlan.disconnect()
            self._wlan.active(False)
        except (OSError, RuntimeError):
            pass

    def status(self) -> dict[str, object]:
        """Of the station."""
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
        """Hidden networks are left out."""
        try:
            self._wlan.active(True)
            found = [(item[3], item[0].decode(), item[4] > 0) for item in self._wlan.scan()]
        except (OSError, RuntimeError, UnicodeError):
            return []
        return [(name, rssi, locked) for rssi, name, locked in sorted(found)[::-1] if name]

    def _connect(self) -> None:
        try:
            lines = (self._storage.read("wifi") or b"").decode().split("\n")
            last = (self._storage.read(_LAST) or b"").decode().split("\n")
        except (DeviceError, UnicodeError) as error:
            raise LinkError("no_link", "the file wifi is not readable: %s" % error) from error
        lines.append("")  # the last password may be missing
        names = [line.strip() for line in lines[0:-1:2] if line.strip()]
        known = {lines[at].strip(): lines[at + 1].strip() for at in range(0, len(lines) - 1, 2)}
        network.WLAN(network.AP_IF).active(False)  # open for everybody with the default password
        reach = [name for name, _, _ in self.scan()]
        order = [name for name in last if name in known]
        order += [name for name in names if name not in order]
        order = [name for name in order if name in reach] + [
            name for name in order if name not in reach
        ]
        until = self._clock.monotonic() + _TOTAL_MS
        code, said = "no_link", "no known Wi-Fi network is in reach"
        for name in order:
            try:
                trouble = self.join(name, known[name], until)
            except (OSError, RuntimeError, ValueError) as error:
                trouble = repr(error)
            if not trouble:
                self._remember(name, last)
                return
            if trouble == "wrong_password":
                code, said = trouble, "%s refuses the password" % name
        raise LinkError(code, said + " - check the file wifi, or set the Thing up again")

    def join(self, name: str, password: str, until: int) -> str:
        """Joins one network until the clock says so; gives "" once connected, else why not."""
        wlan, clock = self._wlan, self._clock
        wlan.active(True)
        if password:
            wlan.connect(name, password)
        else:
            wlan.connect(name)
        until = min(until, clock.monotonic() + _EACH_MS)
        trouble = "no answer"
        while clock.monotonic() < until:
            if wlan.isconnected():
                return ""
            status = wlan.status()
            if status in self._wrong:
                trouble = "wrong_password"
                break
            if status == network.STAT_NO_AP_FOUND:
                break
            clock.sleep(_TICK_MS)
        wlan.disconnect()
        return trouble

    def _remember(self, name: str, last: list[str]) -> None:
        if last[0] != name:
            last = [name] + [item for item in last if item and item != name]
            try:  # noqa: SIM105 - a board has no contextlib
                self._storage.replace(_LAST, "\n".join(last[:_KEPT]).encode())
            except DeviceError:
                pass  # only a little slower next time
