"""The parts that boards with only Wi-Fi share."""

from __future__ import annotations

from typing import Any

from adapters.http.transport import StreamTransport
from adapters.micropython.clock import TicksClock
from adapters.micropython.stream import SocketStream
from app.boards.esp import compose_esp, ground
from domain.levels import WARNING
from domain.thing import Thing


def compose_wifi(
    root: str,
    version: str,
    platform: str,
    hardware: Any,
    clock: TicksClock,
    tls: Any,
    wrong_password: tuple[int, ...],
) -> Thing:
    """Compose a Thing with its files in the folder `root`, "" for the whole flash."""
    found = ground(root, clock, wrong_password)
    console, _, _, wifi = found
    if not tls.verifies():
        text = "this firmware verifies no certificate: the payload is encrypted instead, which"
        text += " takes three times the bytes, and TLS is off - https:// in backend adds it (9 kB)"
        console.event(WARNING, "tls", {"text": text})
    stream = StreamTransport(SocketStream(clock, tls), clock)
    thing = compose_esp(root, version, platform, hardware, found, [wifi], stream)
    thing.unverified = not tls.verifies()
    return thing
