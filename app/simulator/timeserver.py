"""The time server of every simulated network: NTP (RFC 5905) from this machine's clock."""

from __future__ import annotations

import socket
import struct
import threading
import time

PORT = 123
_ZERO = 2208988800  # NTP's seconds at the start of 1970
_HEAD = struct.pack(">BBbb", 4 << 3 | 4, 2, 6, -20)  # a server, stratum 2


class TimeServer:
    """A server on a free port of 127.0.0.1; `up`: whether it answers."""

    def __init__(self) -> None:
        self.up = True
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the server."""
        # An empty datagram wakes it; a closed socket would not.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            query, client = self._socket.recvfrom(512)
            if not query:
                return
            if self.up and len(query) >= 48 and query[0] & 7 == 3:
                self._socket.sendto(answer(query, time.time()), client)


def answer(query: bytes, now: float) -> bytes:
    """Return a server's answer at `now`, seconds since 1970."""
    stamp = struct.pack(">II", int(now) + _ZERO & 0xFFFFFFFF, int(now % 1 * (1 << 32)))
    # Root delay and dispersion, the reference's name and time, then the client's own time.
    return _HEAD + bytes(8) + b"SIM\0" + stamp + query[40:48] + stamp + stamp
