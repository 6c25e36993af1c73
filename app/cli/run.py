"""`pythings run`: runs this machine as a Thing."""

from __future__ import annotations

import argparse
import dataclasses
import fcntl
import os
import sys
from pathlib import Path
from typing import IO, Any

from adapters.linux.files import own_folder, private
from app.cli import runoptions
from app.runtime import linux_main, slot

# Exit statuses.
_CANNOT = 1
_WRONG_USAGE = 2


def main(argv: list[str]) -> int:
    """Run the Thing in the foreground until told to stop; return the exit status."""
    options = runoptions.parser(linux_main.BOARDS).parse_args(argv)
    given = runoptions.given(options)
    for warning in runoptions.seen(options):
        sys.stderr.write("pythings run: %s\n" % warning)
    try:
        modem = runoptions.modem(options)
    except ValueError as error:
        return _end(str(error), _WRONG_USAGE)
    problem = runoptions.wrong(given) or runoptions.modem_problem(modem)
    if problem:
        return _end(problem, _WRONG_USAGE)
    lock, problem = _lock(options.root)
    if lock is None:
        return _end(problem, _CANNOT)
    with lock:
        return _run(options, given, modem)


def _run(options: argparse.Namespace, given: dict[str, str], modem: Any) -> int:
    root = options.root
    ca = runoptions.ca(options)
    trust = runoptions.trust(options)
    problem = (
        runoptions.without_app(root, given)
        or runoptions.ca_problem(ca)
        or runoptions.trust_problem(trust)
    )
    if problem:
        return _end(problem, _WRONG_USAGE)
    told = runoptions.elsewhere(root, given)
    if told:
        sys.stderr.write("pythings run: %s\n" % told)
    if trust:
        runoptions.take(root, trust)
    return slot.start(
        {
            "root": str(root),
            "board": options.board,
            "given": given,
            "json": options.json,
            "level": runoptions.log_level(root, given),
            "ca": ca,
            "supervised": options.supervised,
            "modem": modem and dataclasses.asdict(modem),
            "hold": options.hold,
            "sleeps": options.sleep,
        }
    )


def _end(problem: str, status: int) -> int:
    """Print the reason for ending on stderr; return the status."""
    sys.stderr.write("pythings run: %s\n" % problem)
    return status


def _lock(root: Path) -> tuple[IO[str] | None, str]:
    """Lock the folder: return the open lock file, which the end of the process releases.

    Return None and the reason if the folder cannot be used or another Thing holds it.
    """
    try:
        own_folder(str(root))
        # Closed at the end of the process.
        lock = os.fdopen(private(str(root / "lock"), os.O_WRONLY | os.O_CREAT), "w")
    except OSError as error:
        reason = "the folder %s cannot be used: %s - choose another with --root"
        return None, reason % (root, error.strerror)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None, "another Thing runs in %s - stop it first" % root
    return lock, ""
