"""Whether a known Wi-Fi network is there again, while the Thing uses its modem."""

from __future__ import annotations

import network

from domain.errors import DeviceError
from domain.settings import networks
from ports.link import Link
from ports.storage import Storage


class WifiProbe:
    """Scans; joins the strongest network that is in the file `wifi` in the background, as the radio
    does that by itself. A hidden network is not found."""

    def __init__(self, link: Link, storage: Storage) -> None:
        self._link = link
        self._storage = storage
        self._joins = False
        self._wlan = network.WLAN(network.STA_IF)

    def near(self, host: str) -> bool:  # noqa: ARG002 - the radio knows no hosts
        """The radio is off in between, if nothing is there."""
        try:
            if self._wlan.isconnected() or (not self._joins and self._join()):
                self._joins = True
                return True
        except (OSError, RuntimeError, ValueError, DeviceError):
            pass
        self._joins = False
        self._link.down()
        return False

    def _join(self) -> bool:
        known = {item["name"]: item["password"] for item in networks.load(self._storage)}
        for name, _, _ in self._link.scan():
            if name in known:
                if known[name]:
                    self._wlan.connect(name, known[name])
                else:
                    self._wlan.connect(name)
                return True
        return False
