"""`python -m build commits`: check the subjects of the commits since a fixed one.

A subject has at most 60 characters and begins with an imperative verb of build/verbs.txt, behind
its area if it names one: "Fit an OS update into the heap", "Tests: count one cloud only".
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

from app.place import SOURCE
from build.words import VERBS

LONGEST = 60
BASE = "0906d332ff1f62d88c27fed960cbbaa822646e22"  # commits up to this one are left as they are

_AREA = re.compile(r"[A-Z][\w' -]*: ")


class Unseen(Exception):
    """There is no history to check; the text says why."""


def problem(subject: str) -> str:
    """Return the fault of a subject, or ""."""
    if len(subject) > LONGEST:
        return "%d characters, at most %d: move the rest to the body" % (len(subject), LONGEST)
    first = [text.split(" ")[0].lower().strip(",:") for text in (subject, _AREA.sub("", subject))]
    if VERBS.intersection(first):
        return ""
    text = "begin with an imperative verb, not %r; if it is one, add it to build/verbs.txt"
    return text % first[1]


def subjects(folder: Path, base: str) -> list[tuple[str, str]]:
    """Return (short hash, subject) of each commit after `base`, without merges.

    A shallow history that does not reach back to `base` is younger than it, as a whole. Raise
    `Unseen` if there is no git, no history, or one without `base`.
    """
    try:
        _git(folder, "cat-file", "-e", base + "^{commit}")
        since = [base + "..HEAD"]
    except Unseen:
        if _git(folder, "rev-parse", "--is-shallow-repository") != "true\n":
            raise Unseen("%s is not in this history" % base) from None
        since = ["HEAD"]
    log = _git(folder, "log", "--no-merges", "--format=%h %s", *since)
    return [(line.split(" ")[0], line.partition(" ")[2]) for line in log.splitlines()]


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", *arguments]
    try:
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    except OSError as error:
        raise Unseen("git does not start: %s" % error.strerror) from None
    except subprocess.CalledProcessError as error:
        raise Unseen(error.stderr.strip()) from None
    return run.stdout


def main(argv: list[str] | None = None) -> int:
    """Print the faulty subjects; return 1 if there are some."""
    parser = argparse.ArgumentParser(prog="python -m build commits", description=__doc__)
    parser.parse_args(argv)
    try:
        found = subjects(SOURCE, BASE)
    except Unseen as error:
        sys.stdout.write("commits: nothing to check (%s)\n" % error)
        return 0
    said = [(commit, subject, problem(subject)) for commit, subject in found]
    bad = ["commits: %s %r: %s\n" % each for each in said if each[2]]
    sys.stderr.writelines(bad)
    return 1 if bad else 0
