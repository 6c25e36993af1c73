"""`python -m build alone`: a Linux Thing as one file, `.pyz`, from the wheel.

Beside our package it has those of the group `thing`, as installed here: each file is compared with
the record of its wheel. They are compiled, so the file runs on this kind of machine and Python.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import Distribution, PackageNotFoundError, PackagePath, distribution
from pathlib import Path

from packaging.markers import Marker

from app.cli.alone import MADE_FOR, this_machine
from build.artifacts.bill import locked
from build.wheel.backend import NAME

# Of an installation, not of the wheel.
_INSTALLED = ("INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_cache.json")


class NotAlone(Exception):
    """The file cannot be made; the text has the reason and the remedy."""


def main(argv: list[str]) -> int:
    """Write the file; return 0, or 1 if it cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m build alone", description=main.__doc__)
    parser.add_argument("--wheel", type=Path, required=True, help="of our package")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to write")
    options = parser.parse_args(argv)
    try:
        with tempfile.TemporaryDirectory() as folder:
            site = Path(folder, "site")
            fill(site, options.wheel)
            _pack(site, options.out)
    except NotAlone as error:
        sys.stderr.write("build alone: %s\n" % error)
        return 1
    return 0


def fill(site: Path, wheel: Path) -> None:
    """Make the folder of all packages."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    for name, version, marker, _ in locked("thing"):
        if not marker or Marker(marker).evaluate():
            _add(site, name, version)
    (site / MADE_FOR).write_text(this_machine() + "\n", encoding="ascii")
    for path in site.rglob("*"):  # the same bytes, for every umask
        path.chmod(0o755 if path.is_dir() else 0o644)


def _add(site: Path, name: str, version: str) -> None:
    try:
        found = distribution(name)
    except PackageNotFoundError:
        raise NotAlone("%s is not installed - start with ./pythings" % name) from None
    if found.version != version:
        raise NotAlone("%s is %s here, and %s in the lock" % (name, found.version, version))
    for path in found.files or []:
        if path.parts[0] == ".." or path.suffix == ".pyc" or path.name in _INSTALLED:
            continue
        target = site.joinpath(*path.parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_read(found, path))


def _read(found: Distribution, path: PackagePath) -> bytes:
    """Return a file of a package, if it is as in its wheel."""
    data = Path(str(found.locate_file(path))).read_bytes()
    if path.hash is None:
        raise NotAlone("%s has no digest of %s" % (found.name, path))
    digest = base64.urlsafe_b64encode(hashlib.new(path.hash.mode, data).digest()).rstrip(b"=")
    if digest.decode() != path.hash.value:
        raise NotAlone("%s was changed since it was installed - remove .venv" % path)
    return data


def _pack(site: Path, out: Path) -> None:
    command = [sys.executable, "-m", "shiv", "--site-packages", str(site), "--reproducible"]
    command += ["--python", "/usr/bin/env python3", "--entry-point"]
    command += [NAME + ".app.cli.alone:main", "--output-file", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["shiv failed"]
        raise NotAlone(last[0])
