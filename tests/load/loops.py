"""The throughput of the local cloud: `tox -e load`, on a machine that does nothing else.

Measured in turns, so that other load of the machine affects all alike: a bare Starlette endpoint,
this cloud on SQLite and on PostgreSQL where that is installed, and with `--against REVISION` the
cloud of another one. Closed loop: 1, 16 and 64 clients on kept connections, four management calls
and one reading. Open loop: so many Things, management each 60 s and a reading each 300 s.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests import postgres
from tests.load import fleet, year
from tests.load.requests import closed, opened

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = (1, 16, 64)
_LOTS = "10000"


@dataclass(frozen=True)
class Side:
    """One server to compare; of a cloud the App to register with, and the data folder, too."""

    name: str
    url: str
    aid: str | None
    data: str = ""


@contextlib.contextmanager
def _printing(root: Path, *arguments: str) -> Iterator[str]:
    """Run a module of a checkout that prints a line of JSON when it is ready; yield its URL."""
    command = [sys.executable, "-m", *arguments]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE)
    assert process.stdout
    try:
        yield json.loads(process.stdout.readline())["url"]
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


@contextlib.contextmanager
def cloud(name: str, root: Path = ROOT, database: str | None = None) -> Iterator[Side]:
    """Run a cloud of a checkout with a data folder of its own."""
    with tempfile.TemporaryDirectory() as data:
        options = ["cloud", "serve", "--data", data, "--port", "0", "--json", "--rate", "0"]
        options += ["--connections", "1000", "--connections-by-address", "1000"]
        options += ["--database", database] if database else []
        with _printing(root, "app.cli", *options) as url:
            create = ["cloud", "app", "create", "Load", "--data", data, "--json"]
            command = [sys.executable, "-m", "app.cli", *create]
            made = subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE)
            yield Side(name, url, json.loads(made.stdout)["aid"], data)


@contextlib.contextmanager
def _bare() -> Iterator[Side]:
    with _printing(ROOT, "tests.load.bare") as url:
        yield Side("bare Starlette", url, None)


@contextlib.contextmanager
def _revision(name: str) -> Iterator[Side]:
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder, "tree")
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--detach", str(tree), name], check=True, capture_output=True)
        try:
            with cloud(name, tree) as side:
                yield side
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)


@contextlib.contextmanager
def sides(against: str | None) -> Iterator[list[Side]]:
    """Run all servers to compare."""
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(_bare()), stack.enter_context(cloud("SQLite"))]
        if postgres.binaries() is not None:
            server = stack.enter_context(postgres.running())
            found.append(stack.enter_context(cloud("PostgreSQL", ROOT, server.database())))
        if against:
            found.append(stack.enter_context(_revision(against)))
        yield found


def compare(found: list[Side], rounds: int, seconds: float) -> Iterator[str]:
    """Measure the sides in turns; yield lines of medians."""
    rates: dict[tuple[str, int], list[float]] = defaultdict(list)
    slow: dict[tuple[str, int], list[float]] = defaultdict(list)
    for turn in range(rounds):
        for clients in CLIENTS:
            for side in found:
                figures = asyncio.run(closed(side.url, side.aid, clients, seconds, str(turn)))
                if figures.errors:
                    raise SystemExit(f"{side.name}: {figures.errors[0]}")
                rates[side.name, clients].append(figures.rate)
                slow[side.name, clients].append(figures.percentile(0.99))
    for clients in CLIENTS:
        bare = statistics.median(rates[found[0].name, clients])
        for side in found:
            rate = statistics.median(rates[side.name, clients])
            late = statistics.median(slow[side.name, clients])
            yield (
                f"{clients:3} clients  {side.name:15} {rate:6.0f}/s  p99 {late:4.0f} ms"
                f"  {rate / bare:4.0%} of bare"
            )


def _open_lines(found: list[Side], things: list[int], seconds: float) -> Iterator[str]:
    for side in found:
        for count in things if side.aid else ():
            figures = asyncio.run(opened(side.url, side.aid or "", count, seconds))
            yield (
                f"{count:6} Things  {side.name:15} {figures.rate:6.0f}/s"
                f"  p99 {figures.percentile(0.99):5.0f} ms  {len(figures.errors)} errors"
            )


def _fleet_lines(counts: list[int]) -> Iterator[str]:
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(cloud("SQLite"))]
        if postgres.binaries() is not None:
            url = stack.enter_context(postgres.running()).database()
            found.append(stack.enter_context(cloud("PostgreSQL", ROOT, url)))
        for side in found:
            yield from fleet.lines(side.name, side.url, side.aid or "", side.data, counts)


def main(argv: list[str]) -> None:
    """Measure, and print each line as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", metavar="REVISION", help="of git, to compare with")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="for each figure")
    parser.add_argument("--things", type=int, nargs="*", default=[int(_LOTS)], help="open loop")
    parser.add_argument(
        "--year", type=int, nargs="?", const=year.THINGS, metavar="THINGS", help=year.__doc__
    )
    parser.add_argument(
        "--fleet", type=int, nargs="*", metavar="THINGS", help="the commands on so many Things"
    )
    args = parser.parse_args(argv)
    if args.year:
        for line in year.lines(args.year):
            print(line, flush=True)
        return
    if args.fleet is not None:
        for line in _fleet_lines(args.fleet or list(fleet.COUNTS)):
            print(line, flush=True)
        return
    with sides(args.against) as found:
        for line in compare(found, args.rounds, args.seconds):
            print(line, flush=True)
        for line in _open_lines(found, args.things, args.seconds):
            print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
