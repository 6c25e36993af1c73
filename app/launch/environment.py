"""The checkout's environment `.venv`: its groups of packages, and the stamp of its sources."""

from __future__ import annotations

import os

# Each contains the one before it. Their packages: pyproject.toml, locked in requirements/*.lock.
GROUPS = ("thing", "host", "firmware", "dev")
# Optional additions, each based on one group, so that only their users install them.
EXTRAS = {"console": "host"}

# Our root comes first, even before PYTHONPATH, and the user's own folder is not searched: an `app`
# or a `json.py` there cannot shadow ours.
_SCRIPT = """\
#!%s
import sys

sys.path.insert(0, %r)

from app.cli import main

sys.exit(main())
"""


class Environment:
    """`.venv` in the folder `root`. Its stamp is written last: it proves that the environment is
    complete, and holds the recipe that it was made from."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.venv = os.path.join(root, ".venv")
        self.python = os.path.join(self.venv, "bin", "python")
        self.command = os.path.join(self.venv, "bin", "pythings")
        self.stamp = os.path.join(self.venv, "made-from")

    def lock(self, group: str) -> str:
        """Return the path of a group's lock, which pins each package by version and hash."""
        return os.path.join(self.root, "requirements", group + ".lock")

    def script(self, python: str) -> str:
        """Return the text of the script that runs a command with the given Python."""
        return _SCRIPT % (python, self.root)

    def recipe(self, groups: list[str]) -> bytes:
        """Return the stamp of an up-to-date `.venv`: its Python, place, groups, locks, script."""
        text = self._head() + b"group %s\n" % " ".join(groups).encode()
        for group in groups:
            with open(self.lock(group), "rb") as lock:
                text += lock.read()
        return text + self.script(self.python).encode()

    def ready(self, group: str) -> bool:
        """Tell whether the environment is complete, up to date, and has this group."""
        has = self.groups()
        if not has or self.wanted(group) != has:
            return False
        try:
            with open(self.stamp, "rb") as stamp:
                return stamp.read() == self.recipe(has)
        except OSError:
            return False

    def wanted(self, group: str) -> list[str]:
        """Return the groups to install: this group and all that the environment has already."""
        has = self.groups()
        base = EXTRAS.get(group, group)
        if has:
            base = max(base, has[0], key=GROUPS.index)
        return [base, *sorted({*has[1:], group} & EXTRAS.keys())]

    def whole(self) -> bool:
        """Tell whether the environment was completed once; only packages may be outdated then."""
        try:
            with open(self.stamp, "rb") as stamp:
                return os.path.exists(self.python) and stamp.read().startswith(self._head())
        except OSError:
            return False

    def groups(self) -> list[str]:
        """Return the installed group and its extras, or none if the environment is incomplete."""
        if not self.whole():
            return []
        with open(self.stamp, "rb") as stamp:
            words = stamp.read().splitlines()[2].decode("utf-8", "replace").split()
        if words[:1] != ["group"] or words[1] not in GROUPS:  # from a version without groups
            return [GROUPS[-1]]
        return [words[1], *(word for word in words[2:] if word in EXTRAS)]

    def _head(self) -> bytes:
        # The venv's own Python counts, not the one that runs us: two shells with different Pythons
        # must not rebuild it in turns. The place counts because scripts and the .pth file name it.
        return os.fsencode("python %s\nroot %s\n" % (os.path.realpath(self.python), self.root))

    def finish(self, *groups: str) -> None:
        """Make our packages importable and, as the very last step, write the stamp."""
        import glob

        # For programs started without the command: tools, and `python -m app.cli`.
        for site in glob.glob(os.path.join(glob.escape(self.venv), "lib", "python*", "site-*")):
            _write(os.path.join(site, "pythings-os.pth"), os.fsencode(self.root + "\n"))
        _write(self.command, self.script(self.python).encode())
        os.chmod(self.command, 0o755)  # noqa: S103 - a command is for everybody, as those beside it
        _write(self.stamp, self.recipe(list(groups)))


def _write(path: str, data: bytes) -> None:
    """Write a file atomically: the whole new content or the old one, also after a power cut."""
    with open(path + ".new", "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + ".new", path)
