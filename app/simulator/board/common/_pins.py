"""Pins, and signals on them. The host holds the levels: it sees outputs and drives inputs."""

# Interrupts are edges that the host has seen. While there is a handler, the host is asked for them
# ten times in 100 ms.

import _sim
import _timers

_LOOK_MS = 10
_handlers = {}
_looking = []


def _look(_timer):
    for id, _level in _sim.call("pin_edges"):
        if id in _handlers:
            _timers.safely(*_handlers[id])


class Pin:
    """`machine.Pin`, digital only."""

    IN = 0
    OUT = 1
    OPEN_DRAIN = 2
    PULL_UP = 1
    PULL_DOWN = 2
    IRQ_RISING = 1
    IRQ_FALLING = 2
    _PINS = ()
    _SILENT = ()  # pins without interrupts

    def __init__(self, id, mode=None, pull=None, **options):
        if isinstance(id, Pin):
            id = id._id
        if isinstance(id, str) or id not in self._PINS:
            raise ValueError("invalid pin")
        self._id = id
        if mode is not None or pull is not None or options:
            self.init(mode, pull, **options)

    def init(self, mode=None, pull=None, *, value=None, **_ignored):
        """Configure the pin, and set its level if `value` is given."""
        _sim.call("pin_mode", self._id, mode, pull)
        if value is not None:
            self.value(value)

    def value(self, value=None):
        """Return or set the level, 0 or 1."""
        if value is None:
            return _sim.call("pin_get", self._id)
        _sim.tell("pin_set", self._id, 1 if value else 0)
        return None

    __call__ = value

    def on(self):
        """Set the level to high."""
        self.value(1)

    def off(self):
        """Set the level to low."""
        self.value(0)

    def toggle(self):
        """Invert the level."""
        self.value(1 - self.value())

    def irq(self, handler=None, trigger=3, **_ignored):
        """Call `handler(pin)` on each edge; without a handler, stop."""
        if self._id in self._SILENT:
            raise OSError("pin does not have IRQ capabilities")
        _sim.call("pin_watch", self._id, trigger if handler else 0)
        _handlers.pop(self._id, None)
        if handler:
            _handlers[self._id] = (handler, self)
            if not _looking:
                _looking.append(_timers.Timer(-1, period=_LOOK_MS, callback=_look))
        return self


class Signal:
    """`machine.Signal`: a pin with an active level that may be low."""

    def __init__(self, pin, *arguments, invert=False, **options):
        self._pin = pin if isinstance(pin, Pin) else type(self)._make(pin, *arguments, **options)
        self._invert = invert

    def value(self, value=None):
        """Return whether the signal is active, or set it."""
        if value is None:
            return self._pin.value() ^ (1 if self._invert else 0)
        self._pin.value(bool(value) != bool(self._invert))
        return None

    __call__ = value

    def on(self):
        """Make the signal active."""
        self.value(1)

    def off(self):
        """Make the signal inactive."""
        self.value(0)
