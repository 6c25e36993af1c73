"""The loader: chooses the OS to start, and restarts the board when none starts. No update ever
replaces this file: it is small enough to be read through.

The journal (`domain/record.py`) names under `os` the slot (`domain/health/slots.py`) in force:
place, version, version before, trial, version rolled back. A trial gets one start, noted before it
begins. An OS that is missing, or does not start, gives way to the one before, and that to the
factory's, which is never written.

Guarantees to every OS, for ever: a file `sealed` in its folder says "OFFSET SIZE CHECKSUM" of an
image in the flash that is mapped into memory, and the image is then mounted at that folder; and
`calm` is to be called once its own watchdog runs.
"""

from __future__ import annotations

import binascii
import hashlib
import json
import os
import sys
import time
from typing import Any

_FRESH = 1
_TRIED = 2
_HANGS_MS = 120000  # an OS without its own watchdog by then is reset
_PERSON_MS = 3600000  # a user at the console may leave: after this the board resets
_TRIES = 5  # starts in a row that get nowhere

_timer: Any = None


def pick(root: str, sign: str) -> tuple[str, bool]:
    """Return the place of the OS to start, "" for the factory's, and whether that is its trial.

    `root`: of the storage; `sign`: the name, without its ending, that is in any slot's folder.
    """
    place, trial = _pick(root)
    while place and not _has(root, place, sign):
        place, trial = back(root, "it is not there, or damaged"), False
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
    """Roll back the OS in force; return the place of the one before it. There is none before the
    factory's: for that, only a note is made."""
    number, journal = _load(root)
    slot, place = journal["os"], ""
    notes = journal["notes"]
    text = "os of the factory: %s" % why[:120]
    if slot[0]:
        place = _before(slot)
        text = "os %s taken back: %s" % (slot[1], why[:120])
        journal["os"] = [place, slot[2], "", 0, slot[1]]
    if text not in notes:
        journal["notes"] = notes[-7:] + [text]
        _save(root, number + 1, journal)
    return place


def enter(root: str) -> None:
    """Prepare a board for the OS to start: put it on the import path, and start a watchdog."""
    _watch(_HANGS_MS)
    before = _load(root)[0]
    place, _ = pick(root, "start")
    if _starts().note(root, before, _load(root)[0]) > _TRIES:
        back(root, "%d starts in a row got nowhere" % _TRIES)
        place, _ = pick(root, "start")
    if place:
        sys.path.insert(0, "%s/os.%s" % (root, place))


def _starts() -> Any:
    """Return the module `starts`, never an OS's of that name; it is unloaded after use."""
    for name in [one for one in sys.path if "/os." in one]:
        sys.path.remove(name)
    found = __import__("starts")
    del sys.modules["starts"]
    return found


def _watch(ms: int) -> None:
    """Start the hardware's watchdog, if it can wait `ms`, or a timer, which also fires in a
    loop."""
    global _timer
    calm()
    try:
        import machine

        try:
            machine.WDT(timeout=ms)
        except Exception:  # noqa: BLE001 - boards do not agree
            timer = machine.Timer(-1)
            once = machine.Timer.ONE_SHOT
            timer.init(period=ms, mode=once, callback=lambda _: machine.reset())
            _timer = timer
    except Exception:  # noqa: BLE001, S110 - a board that has neither
        pass


def calm() -> None:
    """Stop the timer and drop it."""
    global _timer
    if _timer:
        _timer.deinit()
        _timer = None


def leave(root: str, error: BaseException) -> None:
    """Roll back, on a board, an OS that did not start, and start the next one by a reset of the
    hardware: `sys.exit` ends at the prompt on most firmware. Returns after Ctrl-C at the
    console."""
    try:
        if isinstance(error, KeyboardInterrupt):
            raise error
        calm()
        sys.print_exception(error)  # type: ignore[attr-defined]
        back(root, "it does not start: %r" % error)
        seconds = _starts().wait_s(root, _load(root)[0])
        print("The next start is in %d s; Ctrl-C gives the prompt." % seconds)
        time.sleep(seconds)
    except KeyboardInterrupt:
        stay()
        return
    import machine

    if not hasattr(machine, "reset"):  # MicroPython's unix port
        sys.exit(75)  # asks the parent process for another start
    machine.reset()


def stay() -> None:
    """Leave the prompt to the user at the console; restart the board after an hour."""
    _watch(_PERSON_MS)


def _has(root: str, place: str, sign: str) -> bool:
    folder = "%s/os.%s" % (root, place)
    try:
        _mount(folder)
        return sign in [name.split(".")[0] for name in os.listdir(folder)]
    except OSError:
        return False


def _mount(folder: str) -> None:
    """Mount a sealed image, which is executed in place, if its checksum is right."""
    try:
        with open(folder + "/sealed") as file:
            start, size, wanted = file.read().split()
        import vfs

        image = memoryview(vfs.rom_ioctl(2, 0))[int(start) : int(start) + int(size)]
        if wanted == _checksum(image).decode():
            vfs.mount(vfs.VfsRom(image), folder)
    except (OSError, ValueError, ImportError, AttributeError, TypeError):
        pass  # there is no such image


def _checksum(data: Any) -> bytes:
    """Return the checksum; a copy of `domain/checksum.py`, which updates may change."""
    return binascii.hexlify(hashlib.sha256(data).digest()[:4])


def _before(slot: list[Any]) -> str:
    if not slot[2]:
        return ""
    return "b" if slot[0] == "a" else "a"


def _load(root: str) -> tuple[int, dict[str, Any]]:
    """Return the newer copy of the journal that is whole."""
    number: int = 0
    journal: dict[str, Any] = {"os": ["", "", "", 0, ""]}
    for copy in (0, 1):
        try:
            with open("%s/journal.%d" % (root, copy), "rb") as file:
                line = file.read()
            payload = line[9:-1]
            if line == b"%s %s\n" % (_checksum(payload), payload):
                found = json.loads(payload)
                # A slot of another shape would stop every start, and no update can mend that.
                slot = found[1]["os"]
                whole = isinstance(slot, list) and len(slot) == 5 and slot[0] in ("", "a", "b")
                if whole and isinstance(found[0], int) and found[0] > number:
                    number, journal = found
        except (OSError, ValueError, KeyError, TypeError, IndexError, RuntimeError):
            pass  # not there, cut, of an OS that had no slots, or nested too deeply
    if not isinstance(journal.get("notes"), list):
        journal["notes"] = []
    return number, journal


def _save(root: str, number: int, journal: dict[str, Any]) -> bool:
    """Save the journal over the older copy: a power cut leaves the newer one."""
    try:
        payload = json.dumps([number, journal]).encode()
        with open("%s/journal.%d" % (root, number % 2), "wb") as file:
            file.write(b"%s %s\n" % (_checksum(payload), payload))
            file.flush()
            if hasattr(os, "fsync"):
                os.fsync(file.fileno())
    except (OSError, RuntimeError):
        return False
    return True
