"""The update of the checkout's environment: one launcher at a time, complete or not at all."""

from __future__ import annotations

import importlib
import os
import shutil
import sys

from app.launch.environment import EXTRAS, Environment
from app.launch.packages import Installer, SetupError, bundled_pip, tail
from app.launch.progress import follow, say


def set_up(environment: Environment, group: str) -> None:
    """Install a group and keep those installed before. Raise `SetupError` or OSError."""
    turn = _take_turn(environment.root)
    try:
        if environment.ready(group):  # the other launcher has done it
            return
        groups = environment.wanted(group)
        fresh = not environment.whole()
        if not fresh:
            os.remove(environment.stamp)  # from here on it is incomplete, until the new stamp
            complaint = _fill(environment, groups, turn)
            fresh = bool(complaint)  # of packages that an earlier lock left there
        if fresh:
            _make(environment, turn)
            complaint = _fill(environment, groups, turn)
            if complaint:
                raise SetupError(_disagreement(environment, groups[-1], complaint))
        environment.finish(*groups)
    except KeyboardInterrupt:
        _remove_unfinished(environment)
        raise
    finally:
        if turn is not None:
            os.close(turn)


def _fill(environment: Environment, groups: list[str], turn: int | None) -> str:
    """Install the groups; return the conflicts between packages, or an empty text."""
    held = [EXTRAS[group] for group in groups[1:]]  # an extra's lock contains its base
    with Installer(environment, turn) as installer:
        for group in groups:
            if group not in held:
                installer.install(group)
        return installer.check()


def _disagreement(environment: Environment, group: str, complaint: str) -> str:
    return (
        "%s does not agree with itself:\n%s\nThat is a fault of this release of PythingsOS: "
        "take a newer one." % (environment.lock(group), complaint)
    )


def _take_turn(root: str) -> int | None:
    """Wait until no other launcher works on it; return the descriptor that holds the lock.

    Return None where there is no `fcntl`.
    """
    try:
        import fcntl
    except ImportError:
        return None
    turn = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        say("another pythings is setting up; waiting for it")
        fcntl.flock(turn, fcntl.LOCK_EX)
    return turn


def _make(environment: Environment, turn: int | None) -> None:
    """Make an empty environment; replace a broken one."""
    _missing_module()
    command = [sys.executable, "-m", "venv", "--clear"]
    if shutil.which("uv") or bundled_pip():
        command.append("--without-pip")
    title = "Making %s" % environment.venv
    status, lines = follow([*command, environment.venv], turn, title, lambda _: "python -m venv")
    if status:
        raise SetupError(
            "Making %s failed:\n%s\nRemove that folder, see that there is space on the disk and "
            "that you may write there, then run the same command again."
            % (environment.venv, tail(lines))
        )


def _missing_module() -> None:
    """Raise `SetupError` if a module is missing: Debian packages some apart from Python."""
    for name in ("venv", "ensurepip"):
        try:
            importlib.import_module(name)
        except ImportError:
            raise SetupError(
                "This Python (%s) has no %r module, which making an environment needs.\n"
                "On Debian, Ubuntu and Raspberry Pi OS: sudo apt install python3-venv\n"
                "Then run the same command again." % (sys.executable, name)
            ) from None


def _remove_unfinished(environment: Environment) -> None:
    """Remove an unfinished environment; the next start rebuilds it even if files are left."""
    if not os.path.exists(environment.stamp):
        shutil.rmtree(environment.venv, ignore_errors=True)
