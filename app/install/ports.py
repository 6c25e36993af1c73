"""The serial ports of this machine, with the likely board at each.

The USB numbers are those of the bridges on common boards (usb-ids; Espressif: USB-Serial/JTAG).
"""

from __future__ import annotations

from dataclasses import dataclass

from app.install.errors import InstallError

_CHIPS = "an ESP32 or ESP8266"
_ESPRESSIF = 0x303A
_BRIDGES = {
    (0x10C4, 0xEA60): "CP210x, likely " + _CHIPS,
    (0x10C4, 0xEA70): "CP2105, likely " + _CHIPS,
    (0x1A86, 0x7523): "CH340, likely " + _CHIPS,
    (0x1A86, 0x5523): "CH341, likely " + _CHIPS,
    (0x1A86, 0x55D3): "CH343, likely an ESP32",
    (0x1A86, 0x55D4): "CH9102, likely an ESP32",
    (0x0403, 0x6001): "FT232, perhaps " + _CHIPS,
    (0x0403, 0x6010): "FT2232, perhaps an ESP32",
    (0x0403, 0x6015): "FT231X, perhaps " + _CHIPS,
    (_ESPRESSIF, 0x1001): "USB of the chip, an ESP32-C3, C6 or S3",
    (_ESPRESSIF, 0x0002): "USB of the chip, an ESP32-S2",
}


@dataclass(frozen=True)
class SerialPort:
    """A serial port. `usb`: vendor and product in hexadecimal, "" without USB; `likely`: the board,
    "" if the numbers are of no known bridge."""

    name: str
    usb: str
    text: str
    likely: str

    def shown(self) -> str:
        """Format the port as one line for a person."""
        return "%s  %s  %s" % (self.name, self.usb or "no USB   ", self.likely or self.text)


def found() -> list[SerialPort]:
    """Return the serial ports of this machine, those of likely boards first."""
    from serial.tools import list_ports

    ports = []
    for one in list_ports.comports():
        usb = "%04x:%04x" % (one.vid, one.pid or 0) if one.vid is not None else ""
        likely = _BRIDGES.get((one.vid, one.pid), "")
        if not likely and one.vid == _ESPRESSIF:
            likely = "USB of Espressif"
        text = one.description if one.description != "n/a" else ""
        ports.append(SerialPort(one.device, usb, text, likely))
    return sorted(ports, key=lambda port: (not port.likely, not port.usb, port.name))


def only(ports: list[SerialPort]) -> str:
    """Return the one port with a likely board. Raise `InstallError` if there is none, or several.

    Without any likely board, the only port with USB counts.
    """
    likely = [port for port in ports if port.likely] or [port for port in ports if port.usb]
    if not likely:
        raise InstallError(
            "no board was found - plug it in with a cable that carries data (many only charge), "
            "or name its port with --port"
        )
    if len(likely) > 1:
        lines = "".join("\n  " + port.shown() for port in likely)
        raise InstallError("there are several boards - choose one with --port:%s" % lines)
    return likely[0].name
