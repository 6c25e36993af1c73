"""The commands on a whole fleet, in a terminal of 80 columns: `tox -e load -- --fleet 200 5000`.

The Things register by the API of Things; every 40th reports a failure. Each command is a process of
its own, started as from a shell: the time of Python's start is part of it. Shown is the median.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from app.cloud.cli.table import cells
from tests.load.requests import Connection

ROOT = Path(__file__).resolve().parents[2]
COUNTS = (200, 5000)
COMMANDS = (("fleet",), ("thing", "list", "--trouble"), ("thing", "list"))
_COLUMNS = 80
_TROUBLE = 40  # Things, of which one is in trouble
_CONNECTIONS = 8
_TURNS = 5


async def fill(url: str, aid: str, first: int, end: int) -> None:
    """Register Things with these numbers."""

    async def some(numbers: range) -> None:
        connection = Connection(url)
        for number in numbers:
            said: dict[str, object] = {"tid": f"green-{number:05}", "aid": aid}
            said.update(platform="esp32", app_version="1.4.2", pythings_version="2.2.0")
            answer = await connection.call("things/register", said)
            status = "KO" if number % _TROUBLE == 0 else "OK"
            report: dict[str, object] = {"token": json.loads(answer)["token"], "what": "worker"}
            report.update(status=status, msg="OSError: [Errno 110] ETIMEDOUT")
            await connection.call("things/report", report)
        connection.close()

    parts = (range(first + part, end, _CONNECTIONS) for part in range(_CONNECTIONS))
    await asyncio.gather(*map(some, parts))


def run(data: str, *command: str) -> list[str]:
    """Run a command of the cloud with its data folder; return its lines."""
    words = [sys.executable, "-m", "app.cli", "cloud", *command, "--data", data]
    environment = {**os.environ, "COLUMNS": str(_COLUMNS)}
    done = subprocess.run(words, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE)
    return done.stdout.decode().splitlines()


def lines(name: str, url: str, aid: str, data: str, counts: list[int]) -> Iterator[str]:
    """Time the commands with so many Things, the fewest first; yield a line for each."""
    there = 0
    for count in sorted(counts):
        asyncio.run(fill(url, aid, there, count))
        there = count
        for command in COMMANDS:
            seconds = []
            for _ in range(_TURNS):
                began = time.perf_counter()
                shown = run(data, *command)
                seconds.append(time.perf_counter() - began)
            widest = max(map(cells, shown))
            if widest > _COLUMNS:
                raise SystemExit(f"{' '.join(command)}: a line of {widest} columns")
            yield (
                f"{count:6} Things  {name:12} {' '.join(command):22}"
                f" {statistics.median(seconds):5.2f} s  {len(shown):5} lines"
            )
