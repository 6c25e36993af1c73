"""The probe for a known Wi-Fi network while the Thing uses its modem."""

from __future__ import annotations

import network

from domain.errors import DeviceError
from domain.settings import networks
from ports.link import Link
from ports.storage import Storage


class WifiProbe:
    """A probe that scans, and joins the strongest network of the file `wifi` in the background,
    which the radio does by itself. A hidden network is not found."""

    def __init__(self, link: Link, storage: Storage) -> None:
        self._link = link
        self._storage = storage
        self._joins = False
        self._wlan = network.WLAN(network.STA_IF)

    def near(self, host: str) -> bool:  # noqa: ARG002 - the radio knows no hosts
        """Return whether a known network is joined or found; switch the radio off if not."""
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
