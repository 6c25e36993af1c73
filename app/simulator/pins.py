"""Requests of a board's stand-ins about its pins and serial lines."""

from __future__ import annotations

from app.simulator.modem import SimModem
from app.simulator.parts.part import Tell
from app.simulator.parts.wiring import Wiring

_MOST_EDGES = 8  # reported to an interrupt handler: the firmware queues no more calls


class Pins:
    """The requests `_do_pin_...` and `_do_uart_...`: a base of `Hardware`, which has the fields."""

    modem: SimModem | None
    wiring: Wiring
    inputs: dict[int, int]
    received: dict[int, bytearray]
    _tell: Tell
    _outputs: dict[int, int]
    _rates: dict[int, int]
    _watched: dict[int, int]  # pins with an interrupt handler: 1 rising, 2 falling
    _edges: list[tuple[int, int]]

    def drive(self, pin: int, levels: list[int]) -> None:
        """Set an input to these levels, one after the other."""
        for level in levels:
            before, self.inputs[pin] = self._do_pin_get(pin), level
            trigger = self._watched.get(pin, 0) & (1 if level else 2)
            if trigger and level != before and len(self._edges) < _MOST_EDGES:
                self._edges.append((pin, level))

    def forget_pins(self) -> None:
        """Forget outputs, handlers and rates, as a reset does."""
        self._outputs, self._watched, self._edges, self._rates = {}, {}, [], {}

    def _do_pin_mode(self, pin: int, _mode: int | None, pull: int | None) -> None:
        if pull == 1:
            self.inputs.setdefault(pin, 1)

    def _do_pin_get(self, pin: int) -> int:
        return self._outputs.get(pin, self.inputs.get(pin, 0))

    def _do_pin_set(self, pin: int, level: int) -> None:
        if self._outputs.get(pin) != level:
            self._outputs[pin] = level
            self._tell("pin", level=10, pin=pin, value=level)
            self.wiring.level(pin, level)
            if self.modem:
                self.modem.pin(pin, level)

    def _do_pin_watch(self, pin: int, trigger: int) -> None:
        self._watched[pin] = trigger

    def _do_pin_edges(self) -> list[tuple[int, int]]:
        """Return the edges not yet reported to an interrupt handler."""
        found, self._edges = self._edges, []
        return found

    def _do_uart_open(self, line: int, baud: int) -> None:
        self.received.setdefault(line, bytearray())
        self._rates[line] = baud
        if self.modem and line == self.modem.wires.uart:
            self.modem.open(baud)

    def _do_uart_close(self, line: int) -> None:
        self.received.pop(line, None)

    def _do_uart_any(self, line: int) -> int:
        if line in self.received:
            part = self.wiring.serial(line)
            if self.modem and line == self.modem.wires.uart:
                self.received[line] += self.modem.read()
            elif part:
                self.received[line] += part.say()
        return len(self.received.get(line, b""))

    def _do_uart_read(self, line: int, size: int) -> str:
        self._do_uart_any(line)
        waiting = self.received.get(line, bytearray())
        found = bytes(waiting if size < 0 else waiting[:size])
        del waiting[: len(found)]
        return found.hex()

    def _do_uart_write(self, line: int, data: str) -> None:
        part = self.wiring.serial(line)
        if self.modem and line == self.modem.wires.uart:
            self.modem.write(bytes.fromhex(data))
        elif part:
            part.hear(bytes.fromhex(data), self._rates.get(line, 0))
        else:
            self._tell("uart", level=10, uart=line, data=data)
