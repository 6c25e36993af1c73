"""Messages to systemd, which started us: sd_notify(3)."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress


def notify(message: str, environ: Mapping[str, str] = os.environ) -> None:
    """Send a message in one datagram; a missing listener is no error."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.setblocking(False)
        client.connect("\0" + address[1:] if address[0] == "@" else address)
        client.send(message.encode())
