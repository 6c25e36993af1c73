"""`network.WLAN`, the part common to the ports; the host holds the station's state."""

# ruff: noqa: ARG002 - the arguments are those of the real module

import binascii
import time

import _sim

STA_IF = 0
AP_IF = 1

AUTH_OPEN = 0
AUTH_WEP = 1
AUTH_WPA_PSK = 2
AUTH_WPA2_PSK = 3
AUTH_WPA_WPA2_PSK = 4

# The names of `config`, and their newer names since 1.20.
_NAMES = {"essid": "ssid", "authmode": "security", "password": "key", "dhcp_hostname": "hostname"}
_hostname = "mpy"


def hostname(name=None):
    """Return or set the board's name in the network."""
    global _hostname
    if name is None:
        return _hostname
    _hostname = name
    return None


class WLAN:
    """One object per interface."""

    IF_STA = STA_IF
    IF_AP = AP_IF
    _objects = {}

    def __new__(cls, interface=STA_IF):
        if interface not in (STA_IF, AP_IF):
            raise ValueError("invalid WLAN interface identifier")
        found = cls._objects.get(interface)
        if found is None:
            found = cls._objects[interface] = object.__new__(cls)
            found._id = interface
            found._config = {"channel": 1, "security": 0, "hidden": 0, "ssid": "", "txpower": 20}
            found._config.update(_sim.call("wlan_config", interface))
        return found

    def __init__(self, interface=STA_IF):
        pass

    def active(self, on=None):
        """Return whether the interface is on, or turn it on or off."""
        return _sim.call("wlan_active", self._id, on)

    def connect(self, ssid=None, key=None, *, bssid=None):
        """Start to associate with a network."""
        self._need(STA_IF)
        _sim.call("wlan_connect", _text(ssid), _text(key))

    def disconnect(self):
        """End the association, without another try."""
        self._need(STA_IF)
        _sim.call("wlan_disconnect")

    def isconnected(self):
        """Return whether the station has an address, or the access point a station."""
        return _sim.call("wlan_linked", self._id)

    def status(self, name=None):
        """Return the state, a number that differs by port, or the figure of that name."""
        return _sim.call("wlan_status", self._id, name)

    def scan(self):
        """Return [(ssid, bssid, channel, RSSI, security, hidden)], after the time of a scan."""
        found = _sim.call("wlan_scan")
        time.sleep_ms(_sim.config["scan_ms"])
        return [
            (name.encode(), binascii.unhexlify(bssid), channel, rssi, security, False)
            for name, bssid, channel, rssi, security in found
        ]

    def ifconfig(self, addresses=None):
        """Return (address, mask, gateway, name server)."""
        if addresses is None:
            return tuple(_sim.call("wlan_address", self._id))
        return None  # `dhcp`, or addresses, which the simulated network does not need

    def config(self, *names, **values):
        """Return one parameter by name, or set several."""
        if names and values:
            raise TypeError("either pos or kw args are allowed")
        for name, value in values.items():
            self._config[_known(name)] = value
        if values:
            if self._id == AP_IF:
                told = (self._config["ssid"], self._config["security"], self._config.get("key", ""))
                _sim.tell("access_point", *told)
            return None
        (name,) = names
        name = _known(name)
        if name == "mac":
            return binascii.unhexlify(_sim.config["mac"][self._id])
        if name == "hostname":
            return _hostname
        if name == "ssid" and self._id == STA_IF:
            return _sim.call("wlan_ssid")
        if name not in self._config:
            raise ValueError("unknown config param")
        return self._config[name]

    def _need(self, interface):
        if self._id != interface:
            raise OSError("STA required" if interface == STA_IF else "AP required")


def _known(name):
    if name in _NAMES.values() and not _sim.config["new_names"]:
        raise ValueError("unknown config param")
    return _NAMES.get(name, name)


def _text(value):
    return value.decode() if isinstance(value, (bytes, bytearray)) else value
