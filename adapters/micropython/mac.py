"""What ESP boards have in common as hardware."""

from __future__ import annotations

import binascii

import machine
import network


def identity() -> str:
    """The station's MAC in upper-case hex, as Things have always been named."""
    mac = network.WLAN(network.STA_IF).config("mac")
    return binascii.hexlify(mac).decode().upper()


def cause(power_on: tuple[int, ...], watchdog: tuple[int, ...]) -> str:
    """By what the board's `reset_cause()` gives for power-on (or its button) and watchdogs."""
    found = machine.reset_cause()
    if found in power_on:
        return "power_on"
    return "watchdog" if found in watchdog else "crash"
