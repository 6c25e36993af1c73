"""The checkout that a release is made from: its commit, and its changelog."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from build.release.signing import ReleaseError

# As PEP 440 and the cloud both write it: the wheel's name and the OS's version are then one text.
TAG = re.compile(r"v(\d{1,3}\.\d{1,3}\.\d{1,3}((a|b|rc)\d{1,3})?)", re.ASCII)

_UNRELEASED = "Unreleased"
_SHOWN = 5  # files of a dirty tree


@dataclass(frozen=True)
class ReleaseCommit:
    """A commit: its hash, and its time in seconds since 1970."""

    id: str
    time: int


def commit(root: Path) -> ReleaseCommit:
    """Return the commit that is checked out. Raise `ReleaseError` outside of a checkout."""
    words = _git(root, "log", "-1", "--format=%H %ct").split()
    return ReleaseCommit(words[0], int(words[1]))


def changes(root: Path) -> list[str]:
    """Return the files that the commit does not have as they are here."""
    text = _git(root, "status", "--porcelain", "--untracked-files=all")
    return [line[3:] for line in text.splitlines()]


def clean(root: Path) -> None:
    """Raise `ReleaseError` if a file is not as in the commit."""
    changed = changes(root)
    if changed:
        more = ", ..." if len(changed) > _SHOWN else ""
        raise ReleaseError(
            "%d files are not as in the commit (%s%s) - commit or remove them"
            % (len(changed), ", ".join(changed[:_SHOWN]), more)
        )


def notes(root: Path, version: str, unreleased: bool = False) -> str:
    """Return the changelog's lines about a version. Raise `ReleaseError` if it has none."""
    path = root / "CHANGELOG.md"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ReleaseError("%s cannot be read: %s" % (path, error.strerror)) from None
    found = section(text, version) or (unreleased and section(text, _UNRELEASED))
    if not found:
        raise ReleaseError(
            "CHANGELOG.md says nothing under [%s] - move what is under [%s] there; for a trial,"
            " --unreleased takes it from where it is" % (version, _UNRELEASED)
        )
    return found


def section(changelog: str, name: str) -> str:
    """Return the text below the heading of a version, "" if there is none."""
    pattern = r"^## \[%s\].*\n(?s:(.*?))(?=^## |^\[[^]]+\]: |\Z)" % re.escape(name)
    found = re.search(pattern, changelog, re.M)
    return found.group(1).strip() if found else ""


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        raise ReleaseError("git is not installed - a release is made from a commit") from None
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or ["git failed"]
        raise ReleaseError("%s is no checkout with a commit: %s" % (root, reason[0]))
    return done.stdout
