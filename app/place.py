"""The place and the module names of our own source: in a checkout, or installed as a package.

In a checkout our folders are imported directly. The package has one importable name: its build
(`build/wheel`) puts `app.PREFIX` before each import of ours. Code that names our modules at run
time asks here; code that *reads* our source, to make an OS of it, gets it as in the checkout.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from app import PREFIX

SOURCE = Path(__file__).resolve().parents[1]  # the folder with `app`, `build`, `domain`


def command(*arguments: str) -> list[str]:
    """Return the argument list of a `pythings` command, to run with `SOURCE` as its folder."""
    return [sys.executable, "-m", PREFIX + "app.cli", *arguments]


def text(path: Path) -> str:
    """Return a file of our source as it is in the checkout, without the package's prefix."""
    found = path.read_text(encoding="utf-8")
    if PREFIX:
        found = found.replace("from %s import " % PREFIX[:-1], "import ").replace(PREFIX, "")
    return found


def made() -> Path:
    """Return the default output folder for files made for the user."""
    return Path("dist") if PREFIX else SOURCE / "dist"


def cache() -> Path:
    """Return the folder of cached build products, each valid until one of its sources changes."""
    if not PREFIX:
        return SOURCE / ".cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "pythings"
