"""A DHT22 (AM2302): humidity and temperature by one wire (Aosong, AM2302 manual)."""

from __future__ import annotations

from app.simulator.parts.part import CORRUPT, SILENT, Part


class Dht22(Part):
    """A sensor that answers with its previous measurement, and then measures.

    It does not answer twice within `period` seconds: the manual forbids that, and says no more.
    """

    WIRES = {"pin": None}
    VALUES = {"temperature": 21.5, "humidity": 45.0, "period": 2.0}
    LIMITS = {"temperature": (-40, 80), "humidity": (0, 100), "period": (0, 60)}
    FAULTS = (SILENT, CORRUPT)

    def lose_power(self) -> None:
        """Measure at power-on."""
        self._asked: float | None = None
        self._measured = self._now()

    def ask(self) -> bytes | None:
        """Return the forty bits, or None for no answer."""
        now = self.clock()
        early = self._asked is not None and now < self._asked + self.values["period"]
        fault = self.fault()
        if early or fault == SILENT:
            return None
        self._asked = now
        found, self._measured = self._measured, self._now()
        total = sum(found) + (fault == CORRUPT)
        return found + bytes([total & 0xFF])

    def _now(self) -> bytes:
        """Return the values in tenths; the first bit of the temperature is its sign."""
        tenths = round(self.values["temperature"] * 10)
        sign = 0x8000 if tenths < 0 else 0
        humidity = round(self.values["humidity"] * 10)
        return humidity.to_bytes(2, "big") + (abs(tenths) | sign).to_bytes(2, "big")
