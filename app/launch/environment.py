"""The checkout's environment `.venv`: what is in it, and what it was made from."""

from __future__ import annotations

import os

# Each holds the one before it. What is in them: pyproject.toml, and locked: requirements/*.lock.
GROUPS = ("thing", "host", "firmware", "dev")
# They stand beside those, each on one of them, so that nobody else has to install them.
EXTRAS = {"console": "host"}

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

    def recipe(self, groups: list[str]) -> bytes:
        """What `.venv` must have been made from: its Python, its place, the locks, the command."""
        text = self._head() + b"group %s\n" % " ".join(groups).encode()
        for group in groups:
            with open(self.lock(group), "rb") as lock:
                text += lock.read()
        return text + self.script(self.python).encode()

    def ready(self, group: str) -> bool:
        """Whether it is whole, up to date, and has this group."""
        has = self.groups()
        if not has or self.wanted(group) != has:
            return False
        try:
            with open(self.stamp, "rb") as stamp:
                return stamp.read() == self.recipe(has)
        except OSError:
            return False

    def wanted(self, group: str) -> list[str]:
        """What it shall have, so that it has this group and none of what it has is lost."""
        has = self.groups()
        base = EXTRAS.get(group, group)
        if has:
            base = max(base, has[0], key=GROUPS.index)
        return [base, *sorted({*has[1:], group} & EXTRAS.keys())]

    def whole(self) -> bool:
        """Whether it was whole once, and nothing but packages may have to change."""
        try:
            with open(self.stamp, "rb") as stamp:
                return os.path.exists(self.python) and stamp.read().startswith(self._head())
        except OSError:
            return False

    def groups(self) -> list[str]:
        """The group that is in it and the extras beside it, none where it is not whole."""
        if not self.whole():
            return []
        with open(self.stamp, "rb") as stamp:
            words = stamp.read().splitlines()[2].decode("utf-8", "replace").split()
        if words[:1] != ["group"] or words[1] not in GROUPS:  # there were no groups once
            return [GROUPS[-1]]
        return [words[1], *(word for word in words[2:] if word in EXTRAS)]

    def _head(self) -> bytes:
        # The venv's own Python counts and not the one that runs us: two shells with different ones
        # must not rebuild it in turns. The place counts as scripts and the .pth file name it.
        return os.fsencode("python %s\nroot %s\n" % (os.path.realpath(self.python), self.root))

    def finish(self, *groups: str) -> None:
        """Make our packages importable and, as the very last step, stamp it as whole."""
        import glob

        # For what is started in it without the command: tools, and `python -m app.cli`.
        for site in glob.glob(os.path.join(glob.escape(self.venv), "lib", "python*", "site-*")):
            _write(os.path.join(site, "pythings-os.pth"), os.fsencode(self.root + "\n"))
        _write(self.command, self.script(self.python).encode())
        os.chmod(self.command, 0o755)  # noqa: S103 - a command is for everybody, as those beside it
        _write(self.stamp, self.recipe(list(groups)))


def _write(path: str, data: bytes) -> None:
    """A file, whole or not at all."""
    with open(path + ".new", "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + ".new", path)
