"""The cost of floods for an honest Thing: `python -m tests.load.floods [--seconds N] [--plain]`.

A cloud is started, and with it attackers that do all of this at once: connect and send nothing,
294 a second; send half a request; pre-register with long keys; register junk of up to 900 kB. One
attacker has the address of the Thing, the other one has its own. The Thing calls management in one
part and in two that are 1.5 s apart, as a modem does, and sends readings. The exit status is
1 if a call fails, takes longer than 2 s, or the log, the disk or the memory is not bounded.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from app.cloud.client import AdminClient

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 30.0
PAUSE_S = 1.5  # between the two parts of a request
MOST_S = 2.0  # the longest time of an honest call, without that pause
MOST_LOG = 64 * 1024
MOST_DISK = 32 * 1024 * 1024
MOST_MEMORY = 300 * 1024 * 1024
_SOURCES = ("127.0.0.1", "127.0.0.2")


@dataclass
class Figures:
    """The figures of a run; times in seconds, sizes in bytes."""

    whole: list[float] = field(default_factory=list)
    parts: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    log: int = 0
    disk: int = 0
    memory: int = 0

    def bounded(self) -> bool:
        """Tell whether every call was answered, and nothing grew beyond its bound."""
        sizes = self.log <= MOST_LOG and self.disk <= MOST_DISK and self.memory <= MOST_MEMORY
        return sizes and not self.failed and bool(self.whole and self.parts)

    def fast(self) -> bool:
        """Tell whether every call was answered in time."""
        return max(self.whole + self.parts) <= MOST_S

    def lines(self) -> Iterator[str]:
        """Yield the figures as lines of text."""
        for name, times in (("calls", self.whole), ("calls in two parts", self.parts)):
            if times:
                median, worst = statistics.median(times), max(times)
                yield f"{len(times)} {name}: median {median:.3f} s, longest {worst:.3f} s"
        yield f"failed: {len(self.failed)} {self.failed[:3] or ''}"
        yield f"log {self.log / 1e3:.1f} kB, disk {self.disk / 1e6:.1f} MB"
        yield f"most memory of the cloud {self.memory / 1e6:.0f} MB"


class Thing:
    """An honest Thing, which verifies the cloud if it is given a CA."""

    def __init__(self, url: str, ca: str | None) -> None:
        parts = urlsplit(url)
        self._where = (parts.hostname or "", parts.port or 0)
        self._context = ssl.create_default_context(cafile=ca) if ca else None
        self.token = ""

    def call(self, path: str, fields: object, pause: float = 0.0) -> tuple[bytes, float]:
        """Return the body of the answer, and how long that took, less the `pause` in between."""
        body = json.dumps(fields).encode()
        head = (
            f"POST /api/v1/{path}/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        began = time.monotonic()
        with contextlib.ExitStack() as stack:
            plain = stack.enter_context(socket.create_connection(self._where, timeout=20))
            over = plain
            if self._context:
                over = stack.enter_context(
                    self._context.wrap_socket(plain, server_hostname="localhost")
                )
            over.sendall(head + body[:5])
            time.sleep(pause)
            over.sendall(body[5:])
            received = b""
            while chunk := over.recv(65536):
                received += chunk
        status, _, answer = received.partition(b"\r\n\r\n")
        if b" 200 " not in status.partition(b"\r\n")[0]:
            raise OSError(received[:200].decode("latin-1"))
        return answer, time.monotonic() - began - pause


def run(seconds: float, tls: bool) -> Figures:
    """Start a cloud and flood it for so long; return the figures of an honest Thing."""
    figures = Figures()
    with contextlib.ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        log = stack.enter_context((data / "log").open("wb"))
        cloud, ready = stack.enter_context(_cloud(data / "cloud", log, tls))
        with contextlib.closing(AdminClient.from_data(data / "cloud")) as admin:
            aid, modulus = admin.create_app("Honest"), admin.key()
        thing = Thing(ready["url"], ready["ca"])
        answer, _ = thing.call("things/register", {"tid": "honest", "aid": aid})
        thing.token = json.loads(answer)["token"]
        for source in _SOURCES:
            stack.enter_context(_process("tests.load.attacks", ready["url"], modulus, source))
        _measure(thing, figures, time.monotonic() + seconds)
        figures.log = (data / "log").stat().st_size
        figures.disk = sum(file.stat().st_size for file in (data / "cloud").rglob("*"))
        figures.memory = _memory(cloud.pid)
    return figures


def _measure(thing: Thing, figures: Figures, end: float) -> None:
    fields = {"token": thing.token}
    number = 0
    while time.monotonic() < end:
        number += 1
        calls = (
            ("apps/management", fields, 0.0, figures.whole),
            ("apps/worker", {**fields, "msg": number, "ts": number}, 0.0, figures.whole),
            ("apps/management", fields, PAUSE_S, figures.parts),
        )
        for path, sent, pause, times in calls:
            try:
                times.append(thing.call(path, sent, pause)[1])
            except OSError as error:
                figures.failed.append(f"{path}: {error}")


@contextlib.contextmanager
def _cloud(
    data: Path, log: IO[bytes], tls: bool
) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    options = ["serve", "--port", "0", "--json", "--data", str(data), *(["--tls"] if tls else [])]
    with _process("app.cli", "cloud", *options, stdout=subprocess.PIPE, stderr=log) as cloud:
        assert cloud.stdout
        yield cloud, json.loads(cloud.stdout.readline())


@contextlib.contextmanager
def _process(
    module: str, *arguments: object, **streams: object
) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    process = subprocess.Popen(command, cwd=ROOT, **streams)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)
        if process.stdout:
            process.stdout.close()


def _memory(pid: int) -> int:
    """Return the peak memory of a process in bytes, 0 where the system does not tell."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def main() -> int:
    """Run, print the figures, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long (%(default)g)")
    parser.add_argument("--plain", action="store_true", help="without TLS")
    options = parser.parse_args()
    figures = run(options.seconds, not options.plain)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print("\n".join(figures.lines()))
    held = figures.bounded() and figures.fast()
    print("holds" if held else "DOES NOT HOLD")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
