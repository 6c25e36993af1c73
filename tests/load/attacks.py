"""The floods, as a process of their own: `python -m tests.load.attacks URL MODULUS SOURCE`.

Each runs until the process ends, at its stated rate or as fast as it can, and prints nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import ssl
import sys
from urllib.parse import urlsplit

from tests.unit.cloud.wire import transport

SILENT_A_SECOND = 294  # at this rate honest requests in two parts were once dropped
HELD = 1_100  # so many once shut out all clients, when the limits began after TLS
_TASKS = 4  # tasks for each flood that waits for answers


class Attacker:
    """An attacker on one cloud from one address; each method is a flood."""

    def __init__(self, url: str, modulus: int, source: str) -> None:
        parts = urlsplit(url)
        self._where = (parts.hostname, parts.port)
        self._source = (source, 0)
        self._key = transport("1234" * 10, modulus)
        self._context = ssl.create_default_context()
        self._context.check_hostname = False
        self._context.verify_mode = ssl.CERT_NONE
        self._tls = parts.scheme == "https"

    async def silent(self) -> None:
        """Connect and send nothing, not even to begin TLS."""
        held = []
        while True:
            with contextlib.suppress(OSError):
                held.append(await self._connect(tls=False))
            if len(held) > HELD:
                held.pop(0)[1].close()
            await asyncio.sleep(1 / SILENT_A_SECOND)

    async def half(self) -> None:
        """Send half a request, or a byte of TLS, and wait."""
        while True:
            with contextlib.suppress(OSError):
                _, writer = await self._connect(tls=False)
                writer.write(b"\x16" if self._tls else b"POST /api/v1/apps/worker/ HTTP/1.1\r\n")
            await asyncio.sleep(0.02)

    async def keys(self) -> None:
        """Pre-register with as many key pieces as are accepted, and with 20 kB of them."""
        while True:
            key = self._key * random.choice((1, 6))
            await self._post("things/preregister", {"key": key, "kty": "k" * 36, "ken": "srsa1"})

    async def junk(self) -> None:
        """Register junk of up to 900 kB as Things of no App; send readings with false tokens."""
        while True:
            tid = str(random.random()) if random.random() < 0.9 else "x" * 900_000
            await self._post("things/register", {"tid": tid, "aid": "junk", "platform": tid})
            await self._post("apps/worker", {"token": tid[:36], "msg": tid[:300]})

    async def _connect(self, tls: bool):
        context = self._context if tls else None
        return await asyncio.open_connection(*self._where, ssl=context, local_addr=self._source)

    async def _post(self, path: str, fields: object) -> None:
        body = json.dumps(fields).encode()
        head = (
            f"POST /api/v1/{path}/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with contextlib.suppress(OSError):
            reader, writer = await self._connect(self._tls)
            writer.write(head.encode() + body)
            await reader.read()
            writer.close()


async def attack(url: str, modulus: int, source: str) -> None:
    """Run all floods at once."""
    attacker = Attacker(url, modulus, source)
    floods = [attacker.silent, attacker.half, *[attacker.keys, attacker.junk] * _TASKS]
    await asyncio.gather(*(flood() for flood in floods))


if __name__ == "__main__":
    asyncio.run(attack(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
