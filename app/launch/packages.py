"""The installer of a lock's packages: those versions, with those hashes, and nothing else."""

from __future__ import annotations

import glob
import os
import re
import shutil
import sysconfig
import zipfile

from app.launch.environment import Environment
from app.launch.progress import follow

_LINES_SHOWN = 12  # of a failed command: its last lines name the cause

# The messages of old and new pips for a package of the lock that the index does not have.
_MISSING = (
    re.compile(r"No matching distribution found for ([\w.-]+==[^\s;]+)"),
    re.compile(r"Could not install requirement ([\w.-]+==[^\s;]+) .*because of HTTP error 40[34]"),
)
_NO_NETWORK = re.compile(r"connection broken|Could not fetch URL|Network is unreachable")

_WHO = {
    "thing": "a Thing needs",
    "host": "a host needs",
    "console": "the console needs",
    "firmware": "a firmware build needs",
    "dev": "tests and checks need",
}


class SetupError(Exception):
    """The environment cannot be made; the text names the cause and the remedy."""


def bundled_pip() -> str:
    """Return the path of the pip wheel that this Python bundles, or an empty text."""
    import ensurepip

    folders = [os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")]
    folders.append(str(sysconfig.get_config_var("WHEEL_PKG_DIR") or ""))  # of Linux distributions
    for folder in folders:
        found = sorted(glob.glob(os.path.join(glob.escape(folder), "pip-*.whl")))
        if found:
            return found[-1]
    return ""


class Installer:
    """Installs into one environment; a context manager. `turn`: see `app.launch.setup`."""

    def __init__(self, environment: Environment, turn: int | None) -> None:
        self.environment = environment
        self.turn = turn
        self.uv = shutil.which("uv")
        self._unpacked = os.path.join(environment.venv, "unpacked")

    def __enter__(self) -> Installer:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._unpacked, ignore_errors=True)

    def install(self, group: str) -> None:
        """Install a group's lock with uv if it is available, else with pip. Raise `SetupError`."""
        # Packages that exist as source only are built with those of the narrower groups: otherwise
        # pip would fetch the latest build tools from the index, which are not in the lock.
        if group in ("firmware", "dev"):
            self.install("host")
        lock = self.environment.lock(group)
        options = ["--no-deps", "--require-hashes", "-r", lock]
        if group in ("firmware", "dev"):
            options.append("--no-build-isolation")
        if self.uv:
            status, lines = self._run([*self._uv("install"), *options], group)
            if not status:
                return
            self.uv = None  # pip may be configured with a proxy or an index that uv lacks
        # --no-compile: most modules are never imported; the others are compiled at first use. It
        # halves the time.
        command = [*self._pip(), "install", "--no-input", "--progress-bar=off", "--no-compile"]
        status, lines = self._run([*command, *options], group)
        if status:
            raise SetupError(_explained(lines, lock))

    def check(self) -> str:
        """Return the conflicts between the installed packages, or an empty text."""
        command = self._uv("check") if self.uv else [*self._pip(), "check"]
        title = "Checking the packages"
        status, lines = follow(command, self.turn, title, lambda _: "what each needs")
        return tail(lines) if status else ""

    def _uv(self, command: str) -> list[str]:
        python = self.environment.python
        return [str(self.uv), "pip", command, "--python", python, "--color", "never"]

    def _pip(self) -> list[str]:
        # -I: a package in PYTHONPATH or the user's site must not count as installed.
        python = [self.environment.python, "-I"]
        found = os.path.join(glob.escape(self.environment.venv), "lib", "python*", "site-*", "pip")
        if glob.glob(found):
            return [*python, "-m", "pip", "--disable-pip-version-check"]
        return [*python, self._bundled(), "--disable-pip-version-check"]

    def _bundled(self) -> str:
        """Unpack Python's own pip and return its path: installing it takes ten times longer."""
        program = os.path.join(self._unpacked, "pip")
        if not os.path.isdir(program):
            with zipfile.ZipFile(bundled_pip()) as wheel:
                # Without metadata: pip must not count as installed.
                names = [name for name in wheel.namelist() if name.startswith("pip/")]
                wheel.extractall(self._unpacked, names)
        return program

    def _run(self, command: list[str], group: str) -> tuple[int, list[str]]:
        describe = Counter(self.environment, self.environment.lock(group)).describe
        return follow(command, self.turn, "Installing what %s" % _WHO[group], describe)


class Counter:
    """Counts the packages of a lock that are to be installed, and those that are left."""

    def __init__(self, environment: Environment, lock: str) -> None:
        self._place = os.path.join(glob.escape(environment.venv), "lib/python*/site-*/*.dist-info")
        with open(lock, encoding="utf-8") as file:
            self._locked = [_distribution(line) for line in file if "==" in line]
        self._before = self._there()

    def describe(self, lines: list[str]) -> str:
        """Describe the progress, given the output of pip or uv so far."""
        words = [line.split() for line in lines if line.strip()]
        first = [line[0] for line in words]
        if "Resolved" in first:  # uv: all packages of the lock for this Python
            wanted = int(words[first.index("Resolved")][1])
            return "%d of %d packages left" % (max(0, wanted - self._there()), wanted)
        if "Collecting" not in first:
            return "reading the lock"
        # pip first ignores the packages that the lock has for other Pythons.
        wanted = len(self._locked) - first.count("Ignoring") - self._before
        if "Installing" in first:
            left = wanted - (self._there() - self._before)
            return "unpacking, %d of %d packages left" % (max(0, left), wanted)
        # The last one is on its way.
        fetched = len({line[1] for line in words if line[0] == "Collecting"}) - 1
        return "fetching, %d of %d packages left" % (wanted - fetched, wanted)

    def _there(self) -> int:
        names = [os.path.basename(path)[: -len(".dist-info")] for path in glob.glob(self._place)]
        there = {_distribution(name) for name in names}
        return sum(name in there for name in self._locked)


def _distribution(text: str) -> str:
    """Convert a name and version, as in a lock or in a folder's name, to one form."""
    name, version = re.split("==|-(?=[0-9])", text.split()[0], maxsplit=1)
    return "%s %s" % (re.sub("[-_.]+", "_", name).lower(), version)


def _explained(lines: list[str], lock: str) -> str:
    """Return the message for the user about a failed pip: its last lines, and a remedy."""
    text = "The packages could not be installed. pip's last lines:\n%s\n" % tail(lines)
    missing = {found[1] for line in lines for rule in _MISSING if (found := rule.search(line))}
    if not missing or any(_NO_NETWORK.search(line) for line in lines):
        return text + (
            "See that this machine reaches its package index (behind a proxy: set HTTPS_PROXY) "
            "and has space on its disk, then run the same command again."
        )
    return text + (
        "The package index does not have %s for this Python, which %s asks for.\n"
        "Take a newer release of PythingsOS, which asks for newer packages; or another index that "
        "still has it: set PIP_INDEX_URL to its address, or PIP_FIND_LINKS to a folder with the "
        "file. Then run the same command again." % (", ".join(sorted(missing)), lock)
    )


def tail(lines: list[str]) -> str:
    """Return the last lines of a failed command, indented."""
    telling = [line for line in lines if not line.startswith("Ignoring ")]  # for other Pythons
    return "\n".join("    " + line for line in telling[-_LINES_SHOWN:])
