"""Chooses the OS to start. No update ever replaces this: it is small enough to be read through.

The journal (`domain/record.py`) says under `os` which slot (`domain/slots.py`) is in force:
place, version, version before, trial, version taken back. A trial gets one start, noted before it
begins. What is not there, or does not start, gives way to the one before, and that to the
factory's, which is never written.
"""

from __future__ import annotations

import binascii
import json
import os
import sys
from typing import Any

_FRESH = 1
_TRIED = 2
_HANGS_MS = 120000  # an OS on trial that does nothing for so long


def pick(root: str, sign: str) -> tuple[str, bool]:
    """The place of the OS to start, "" for the factory's, and whether that is its trial.

    `root`: of the storage; `sign`: the name, without its ending, that is in any slot's folder.
    """
    place, trial = _pick(root)
    while place and not _has(root, place, sign):
        place, trial = back(root, "it is not there"), False
    return place, trial


def _pick(root: str) -> tuple[str, bool]:
    number, journal = _load(root)
    slot = journal["os"]
    if slot[3] == _TRIED:
        return back(root, "it did not reach the cloud"), False
    if slot[3] != _FRESH:
        return slot[0], False
    slot[3] = _TRIED
    if not _save(root, number + 1, journal):
        return _before(slot), False  # a start that is not noted would be one of many
    return slot[0], True


def back(root: str, why: str) -> str:
    """Take back what is in force; gives the place of the one before it."""
    number, journal = _load(root)
    slot = journal["os"]
    if not slot[0]:
        return ""
    place = _before(slot)
    text = "os %s taken back: %s" % (slot[1], why[:120])
    journal["os"] = [place, slot[2], "", 0, slot[1]]
    journal["notes"] = journal.get("notes", [])[-7:] + [text]
    _save(root, number + 1, journal)
    return place


def enter(root: str) -> None:
    """On a board: what is imported from now on is of the OS to start. A trial is watched."""
    place, trial = pick(root, "start")
    if place:
        sys.path.insert(0, "%s/os.%s" % (root, place))
    if trial:
        try:
            import machine

            machine.WDT(timeout=_HANGS_MS)
        except Exception:  # noqa: BLE001, S110 - a board without one that can wait so long
            pass


def leave(root: str, error: Exception) -> None:
    """On a board: that OS did not start. The next one does, after a reset."""
    sys.print_exception(error)  # type: ignore[attr-defined]
    back(root, "it does not start: %r" % error)
    sys.exit(75)  # what a supervisor knows as a wish to start again, and a board as a soft reset


def _has(root: str, place: str, sign: str) -> bool:
    try:
        return sign in [name.split(".")[0] for name in os.listdir("%s/os.%s" % (root, place))]
    except OSError:
        return False


def _before(slot: list[Any]) -> str:
    if not slot[2]:
        return ""
    return "b" if slot[0] == "a" else "a"


def _load(root: str) -> tuple[int, dict[str, Any]]:
    """The newer copy that is whole."""
    number, journal = 0, {"os": ["", "", "", 0, ""]}
    for copy in (0, 1):
        try:
            with open("%s/journal.%d" % (root, copy), "rb") as file:
                line = file.read()
            payload = line[9:-1]
            if line == b"%08x %s\n" % (binascii.crc32(payload) & 0xFFFFFFFF, payload):
                found = json.loads(payload)
                if found[0] > number and len(found[1]["os"]) == 5:
                    number, journal = found
        except (OSError, ValueError, KeyError, TypeError, IndexError):
            pass  # not there, cut, or of an OS that had no slots
    return number, journal


def _save(root: str, number: int, journal: dict[str, Any]) -> bool:
    """Over the older copy: a cut leaves the newer one."""
    payload = json.dumps([number, journal]).encode()
    try:
        with open("%s/journal.%d" % (root, number % 2), "wb") as file:
            file.write(b"%08x %s\n" % (binascii.crc32(payload) & 0xFFFFFFFF, payload))
            file.flush()
            if hasattr(os, "fsync"):
                os.fsync(file.fileno())
    except OSError:
        return False
    return True
