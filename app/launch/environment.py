"""The checkout's environment `.venv`: what is in it, and what it was made from."""

from __future__ import annotations

import os

# Each holds the one before it. What is in them: pyproject.toml, and locked: requirements/*.lock.
GROUPS = ("thing", "host", "firmware", "dev")

# Our root comes first, even before PYTHONPATH, and the user's own folder is not searched: an `app`
# or a `json.py` that lies there cannot take the place of ours.
_SCRIPT = """\
#!%s
import sys

sys.path.insert(0, %r)

from app.cli import main

sys.exit(main())
"""


class Environment:
    """`.venv` in the folder `root`. Its stamp, the last thing that is written, says that it is
    whole, and what from."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.venv = os.path.join(root, ".venv")
        self.python = os.path.join(self.venv, "bin", "python")
        self.command = os.path.join(self.venv, "bin", "pythings")
        self.stamp = os.path.join(self.venv, "made-from")

    def lock(self, group: str) -> str:
        """The file that names what a group consists of, to the byte."""
        return os.path.join(self.root, "requirements", group + ".lock")

    def script(self, python: str) -> str:
        """What runs a command."""
        return _SCRIPT % (python, self.root)

    def recipe(self, group: str) -> bytes:
        """What `.venv` must have been made from: its Python, its place, the lock, the command."""
        with open(self.lock(group), "rb") as lock:
            text = self._head() + b"group %s\n" % group.encode()
            return text + lock.read() + self.script(self.python).encode()

    def ready(self, group: str) -> bool:
        """Whether it is whole, up to date, and has this group."""
        has = self.group()
        if not has or GROUPS.index(has) < GROUPS.index(group):
            return False
        try:
            with open(self.stamp, "rb") as stamp:
                return stamp.read() == self.recipe(has)
        except OSError:
            return False

    def whole(self) -> bool:
        """Whether it was whole once, and nothing but packages may have to change."""
        try:
            with open(self.stamp, "rb") as stamp:
                return os.path.exists(self.python) and stamp.read().startswith(self._head())
        except OSError:
            return False

    def group(self) -> str:
        """The group that is in it, empty where it is not whole."""
        if not self.whole():
            return ""
        with open(self.stamp, "rb") as stamp:
            words = stamp.read().splitlines()[2].decode("utf-8", "replace").split()
        found = words[1] if words[:1] == ["group"] else ""
        return found if found in GROUPS else GROUPS[-1]  # there were no groups once

    def _head(self) -> bytes:
        # The venv's own Python counts and not the one that runs us: two shells with different ones
        # must not rebuild it in turns. The place counts as scripts and the .pth file name it.
        return os.fsencode("python %s\nroot %s\n" % (os.path.realpath(self.python), self.root))

    def finish(self, group: str) -> None:
        """Make our packages importable and, as the very last step, stamp it as whole."""
        import glob

        # For what is started in it without the command: tools, and `python -m app.cli`.
        for site in glob.glob(os.path.join(glob.escape(self.venv), "lib", "python*", "site-*")):
            _write(os.path.join(site, "pythings-os.pth"), os.fsencode(self.root + "\n"))
        _write(self.command, self.script(self.python).encode())
        os.chmod(self.command, 0o755)  # noqa: S103 - a command is for everybody, as those beside it
        _write(self.stamp, self.recipe(group))


def _write(path: str, data: bytes) -> None:
    """A file, whole or not at all."""
    with open(path + ".new", "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + ".new", path)
