"""The hardware that ESP boards have in common."""

from __future__ import annotations

import binascii

import machine
import network


def identity() -> str:
    """Return the station's MAC in upper-case hex, as Things have always been named."""
    mac = network.WLAN(network.STA_IF).config("mac")
    return binascii.hexlify(mac).decode().upper()


def cause(power_on: tuple[int, ...], watchdog: tuple[int, ...]) -> str:
    """Return the cause by `reset_cause()` and its values for power-on, or button, and watchdogs."""
    found = machine.reset_cause()
    if found == machine.DEEPSLEEP_RESET:
        return "wake"
    if found in power_on:
        return "power_on"
    return "watchdog" if found in watchdog else "crash"
