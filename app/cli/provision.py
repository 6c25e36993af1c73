"""`pythings provision`: many boards from one file, at several serial ports at once."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from app.cli.install import PASSWORD
from app.cli.parsing import command_parser, positive
from app.install import bulk, ports
from app.install.errors import InstallError
from app.install.steps import STEPS
from app.place import SOURCE, command

_FAILED = 1
_MOST_PORTS = 64  # boards at once
_FILES = ("base", "image", "labels", "ca", "trust")  # options of `pythings install`

_EPILOG = """\
The file's first line names its columns: tid, and any of aid, backend, pool, cloud_key, apn, wifi,
wifi_password, port. A row without a port takes the next that is free: of --port, or of the likely
boards. Parameters that all have, and the Wi-Fi password, can be in the environment instead
(PYTHINGS_AID=..., PYTHINGS_WIFI_PASSWORD). Each board is made by `pythings install --yes`, which
erases it, unless --only says otherwise.

The report, things.report.csv, says of each board whether it is done (with --only, that of the step,
things.flash.report.csv). The same command again makes those that are not: so put the next boards to
the ports, and call it until it returns 0.

exit status: 0 all boards of the file are done, 1 one failed or waits for a port, 2 wrong usage.
"""


def main(argv: list[str]) -> int:
    """Provision the boards at the ports; return 0 once all are done, or else 1."""
    options = _parser().parse_args(argv)
    try:
        rows = bulk.read(options.file)
        report = bulk.BulkReport(options.report or _report(options))
        done = report.done()
        todo = [row for row in rows if row.tid not in done]
        free = options.port or [one.name for one in ports.found() if one.likely]
        placed = bulk.placed(todo, free)[:_MOST_PORTS]
        if todo and not placed:
            raise InstallError("no port has a likely board - connect one, or give --port TTY")
        made = _all(options, placed, report)
    except InstallError as error:
        sys.stderr.write("pythings provision: %s\n" % error)
        return _FAILED
    failed, waiting = len(placed) - made, len(todo) - len(placed)
    figures = {"done": len(rows) - failed - waiting, "failed": failed, "waiting": waiting}
    if options.json:
        sys.stdout.write(json.dumps({"event": "end", **figures}) + "\n")
    else:
        text = "%(done)d boards are done, %(failed)d failed, %(waiting)d wait for a port: "
        sys.stdout.write(text % figures + "%s\n" % report.path)
    return _FAILED if failed or waiting else 0


def _report(options: argparse.Namespace) -> Path:
    """Return the usual report, one for each step: a board that is flashed has no settings yet."""
    step = "." + options.only if options.only else ""
    path: Path = options.file.with_suffix(step + ".report.csv")
    return path


def _all(
    options: argparse.Namespace,
    placed: list[tuple[bulk.BulkRow, str]],
    report: bulk.BulkReport,
) -> int:
    """Make the boards, all at once; return the number of those that are done."""
    show = _events if options.json else _lines
    made = 0
    with ThreadPoolExecutor(max(1, len(placed))) as pool:
        running: dict[Future[str], tuple[str, str]] = {}
        for row, port in placed:
            running[pool.submit(_one, options, row, port, show)] = row.tid, port
        for future in as_completed(running):
            problem = future.result()
            report.note(*running[future], bulk.FAILED if problem else bulk.DONE, problem)
            made += not problem
    return made


_Show = Callable[[str, str, dict[str, Any]], None]


def _one(options: argparse.Namespace, row: bulk.BulkRow, port: str, show: _Show) -> str:
    """Make a board in a process of its own; return the problem, or "".

    Its settings are in the process's environment: on the command line others would see them.
    """
    environment = dict(os.environ)
    environment.update({"PYTHINGS_" + name.upper(): row.given[name] for name in row.given})
    if row.password is not None:
        environment[PASSWORD] = row.password
    problem = ""
    with subprocess.Popen(
        command("install", *_arguments(options, row, port)),
        cwd=SOURCE,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            event = _event(line)
            if event["event"] in ("failed", "text"):
                problem = event["text"]
            show(row.tid, port, event)
    return (problem or "it was interrupted") if process.returncode else ""


def _arguments(options: argparse.Namespace, row: bulk.BulkRow, port: str) -> list[str]:
    words = ["--yes", "--json", "--port", port]
    for name in _FILES:
        if getattr(options, name):
            words += ["--" + name, str(getattr(options, name).resolve())]
    for name in ("only", "wait", "board"):
        if getattr(options, name):
            words += ["--" + name, str(getattr(options, name))]
    return [*words, "--wifi", row.wifi] if row.wifi else words


def _event(line: str) -> dict[str, Any]:
    """Return an event of the process; a line that is none as the event `text`."""
    try:
        event = json.loads(line)
    except ValueError:
        event = None
    return event if isinstance(event, dict) else {"event": "text", "text": line.rstrip()}


def _events(tid: str, port: str, event: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({"tid": tid, "port": port, **event}) + "\n")


def _lines(tid: str, port: str, event: dict[str, Any]) -> None:
    if event.get("text"):
        sys.stdout.write("%s at %s: %s\n" % (tid, port, event["text"]))
        sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = command_parser("provision", "Make many boards Things, from one file.", _EPILOG)
    parser.add_argument(
        "--from",
        dest="file",
        type=Path,
        required=True,
        metavar="THINGS.csv",
        help="a row for each board",
    )
    parser.add_argument(
        "--port", action="append", default=[], metavar="TTY", help="one of those to use (repeat)"
    )
    parser.add_argument("--report", type=Path, metavar="FILE", help="(THINGS.report.csv)")
    parser.add_argument("--json", action="store_true", help="one JSON event a line")
    same = parser.add_argument_group("of each board, as in pythings install")
    source = same.add_mutually_exclusive_group()
    for name in _FILES[:2]:
        source.add_argument("--" + name, type=Path, metavar="FILE")
    for name in _FILES[2:]:
        same.add_argument("--" + name, type=Path, metavar="FILE")
    same.add_argument("--only", choices=STEPS)
    same.add_argument("--board")
    same.add_argument("--wait", type=positive, metavar="SECONDS")
    return parser
