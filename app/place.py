"""Where our own source is, and by which names: in a checkout, or installed as a package.

In a checkout our folders are what is imported. The package has one importable name: what builds it
(`build/wheel`) puts `app.PREFIX` before each import of ours. All that names our modules at run time
asks here; what *reads* our source, to make an OS of it, gets it as it is in the checkout.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from app import PREFIX

SOURCE = Path(__file__).resolve().parents[1]  # the folder with `app`, `build`, `domain`


def command(*arguments: str) -> list[str]:
    """How to start a command of ours, with `SOURCE` as its working directory."""
    return [sys.executable, "-m", PREFIX + "app.cli", *arguments]


def text(path: Path) -> str:
    """A file of our source, as it is in the checkout."""
    found = path.read_text(encoding="utf-8")
    if PREFIX:
        found = found.replace("from %s import " % PREFIX[:-1], "import ").replace(PREFIX, "")
    return found


def made() -> Path:
    """Where what is made for people goes, if they do not say where."""
    return Path("dist") if PREFIX else SOURCE / "dist"


def cache() -> Path:
    """Where what was made is kept, for as long as nothing that it was made of changes."""
    if not PREFIX:
        return SOURCE / ".cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "pythings"
