"""The deep sleep of ESP boards: RAM is lost, the clock goes on, and so does the RTC's memory.

That memory is the app's (492 bytes on an ESP8266, 2048 on an ESP32). The note of a sleep and the
time are appended to it, and taken off again before the app runs.
"""

from __future__ import annotations

import time
from typing import Any

import machine

_TAIL = 6  # bytes after the note: the clock's seconds, the length of the note
_WIRE = 'it cannot sleep: wire GPIO%d to RST, and set "wake": %d in board.json'


def sleep(hardware: Any, seconds: int, note: bytes) -> str:
    """Sleep deeply, with the note in the RTC's memory if the app leaves room for it. With 0
    seconds return why the board would not wake."""
    pin = hardware.wakes_by
    if not seconds:
        return "" if pin in (-1, hardware.wired) else _WIRE % (pin, pin)
    clock = machine.RTC()
    tail = (int(time.time()) << 16 | len(note)).to_bytes(_TAIL, "big")
    try:  # noqa: SIM105 - a board has no contextlib
        clock.memory(clock.memory() + note + tail)
    except ValueError:
        pass
    machine.deepsleep(min(seconds, hardware.longest_s) * 1000)
    return ""


def woken() -> tuple[int, bytes]:
    """Return the seconds since then and the note, and take it off the RTC's memory."""
    clock = machine.RTC()
    memory = clock.memory()
    tail = int.from_bytes(memory[-_TAIL:], "big")
    start = len(memory) - _TAIL - (tail & 65535)
    if start < 0 or memory[start : start + 1] != b"[":
        return 0, b""  # all of it is the app's
    clock.memory(memory[:start])
    return max(0, int(time.time()) - (tail >> 16)), memory[start:-_TAIL]
