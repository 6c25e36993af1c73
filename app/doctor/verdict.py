"""The verdict whether the OS runs on a board: findings in words, each with a remedy."""

from __future__ import annotations

from dataclasses import dataclass

from app.doctor.probe import Facts
from app.simulator.firmware import NEWEST
from build.firmware import layout, mpy

GOOD = "good"
NOTE = "note"  # the OS runs, with a limitation to know of
STOP = "stop"  # the OS does not run

KIB = 1024
# The heap that a life with an OS update over the air needs, in place or from files
# (build/budget_device.json, docs/boards.md).
_HEAP = {"esp8266": 36 * KIB, "esp32": 64 * KIB}
# The factory's OS and two over the air, an app and its next version, the queue.
_FILES = {"esp8266": 256 * KIB, "esp32": 448 * KIB}
_OLDEST = {"esp8266": (1, 25), "esp32": mpy.OLDEST}
_OURS = ("os", "loader.py", "loader.mpy", "pt.mpy", "pt.py")
_MPY = 6
_WAKES_BY = 16  # the pin of an ESP8266 that ends its deep sleep


@dataclass(frozen=True)
class Finding:
    """A finding. `about`: firmware, heap, ...; `text`: the fact; `do`: the remedy, or empty."""

    about: str
    level: str
    text: str
    do: str = ""


def findings(board: Facts) -> list[Finding]:
    """Return the findings about a board, at least one for each aspect that was examined."""
    if board.name != "micropython" or board.platform not in _HEAP:
        text = "%s on %s" % (board.name, board.platform)
        do = "the OS is built for MicroPython on an ESP32 or ESP8266; on Linux: pythings run"
        return [Finding("firmware", STOP, text, do)]
    looks = (_firmware, _modules, _flash, _rom, _heap, _files, _clock, _wifi, _sleep, _ours)
    return [finding for look in looks for finding in look(board)]


def runs(found: list[Finding]) -> bool:
    """Tell whether the OS runs: no finding is a stop."""
    return all(finding.level != STOP for finding in found)


def _firmware(board: Facts) -> list[Finding]:
    version = board.version[:2]
    text = "MicroPython %s, %s" % (".".join(map(str, board.version)), board.machine or "no name")
    oldest = _OLDEST[board.platform]
    if version < oldest:
        do = "flash MicroPython %d.%d or newer; the newest known here is %s" % (*oldest, NEWEST)
        return [Finding("firmware", STOP, text, do)]
    if board.mpy and board.mpy != _MPY:
        text += "; it loads .mpy files of version %d" % board.mpy
        do = "build with --base and this firmware, which compiles the OS for it"
        return [Finding("firmware", NOTE, text, do)]
    return [Finding("firmware", GOOD, text)]


def _modules(board: Facts) -> list[Finding]:
    if not board.missing:
        return []
    text = "there is no %s" % ", ".join(board.missing)
    do = "take the official firmware of the board, or build one with these modules"
    return [Finding("modules", STOP, text, do)]


def _flash(board: Facts) -> list[Finding]:
    if board.flash is None:
        return [Finding("flash", NOTE, "the firmware does not say how large it is")]
    text = "%d KiB" % (board.flash // KIB)
    if board.partitions:
        rows = [
            "%s %d KiB at 0x%x" % (name, size // KIB, at) for name, at, size in board.partitions
        ]
        text += ": " + ", ".join(rows)
    least = layout.LEAST_FLASH[board.platform]
    if board.flash < least:
        do = "the OS needs %d KiB of flash; take another module" % (least // KIB)
        return [Finding("flash", STOP, text, do)]
    return [Finding("flash", GOOD, text)]


def _rom(board: Facts) -> list[Finding]:
    """Check for ROMFS: an ESP8266 must execute the OS in place, as its heap is too small."""
    partition = any(label == "romfs" for label, _, _ in board.partitions or [])
    if board.vfsrom and (partition or board.platform == "esp8266"):
        return [Finding("ROMFS", GOOD, "VfsRom and a place for it: the OS is executed in place")]
    if board.platform == "esp8266":
        do = (
            "flash the variant FLASH_2M_ROMFS of ESP8266_GENERIC, %d.%d or newer"
            % _OLDEST["esp8266"]
        )
        return [Finding("ROMFS", STOP, "no VfsRom: the OS would not fit the memory", do)]
    what = "no partition romfs" if board.vfsrom else "no VfsRom"
    return [Finding("ROMFS", NOTE, what + ": the OS runs from the file system, with less memory")]


def _heap(board: Facts) -> list[Finding]:
    free, taken = board.heap
    text = "%d of %d KiB free" % (free // KIB, (free + taken) // KIB)
    least = _HEAP[board.platform]
    if free + taken >= least:
        return [Finding("heap", GOOD, text)]
    do = "the OS needs %d KiB in all; take a firmware with less in it" % (least // KIB)
    return [Finding("heap", STOP, text, do)]


def _files(board: Facts) -> list[Finding]:
    if board.files is None:
        do = "flash an image of pythings build, which has a file system"
        return [Finding("file system", STOP, "none that can be read", do)]
    size, free = board.files
    text = "%s%d KiB, %d free" % (board.kind and board.kind + ", ", size // KIB, free // KIB)
    if board.kind == "other":
        do = "no power cut may harm it: flash an image of pythings build, which has littlefs"
        return [Finding("file system", STOP, "not littlefs: " + text, do)]
    least = _FILES[board.platform]
    if size < least:
        do = "the OS, its updates and an app need %d KiB: take a larger one" % (least // KIB)
        return [Finding("file system", STOP, text, do)]
    ours = any(name in _OURS for name in board.names)
    if free < least and not ours:
        do = "the OS, its updates and an app need %d KiB: delete files" % (least // KIB)
        return [Finding("file system", NOTE, text, do)]
    return [Finding("file system", GOOD, text)]


def _clock(board: Facts) -> list[Finding]:
    if board.year >= 2024:
        return [Finding("clock", GOOD, "the year is %d" % board.year)]
    text = "it has not been set since power came; before TLS the OS asks a time server"
    return [Finding("clock", NOTE, text)]


def _wifi(board: Facts) -> list[Finding]:
    if board.wifi is None:
        do = "take a firmware with Wi-Fi, or the OS for a SIM800 modem"
        return [Finding("Wi-Fi", STOP, "the firmware has no module network.WLAN", do)]
    on, linked = board.wifi
    return [Finding("Wi-Fi", GOOD, "linked" if linked else "on, no link" if on else "off")]


def _sleep(board: Facts) -> list[Finding]:
    """Check that a battery Thing would wake: an ESP8266 does so by resetting itself."""
    if board.platform != "esp8266" or board.wake == _WAKES_BY:
        return [Finding("deep sleep", GOOD, "it wakes by itself")]
    text = "nothing says that GPIO%d is wired to RST, and without that it does not wake"
    do = 'for battery_operated: wire them, and put "wake": %d into board.json'
    return [Finding("deep sleep", NOTE, text % _WAKES_BY, do % _WAKES_BY)]


def _ours(board: Facts) -> list[Finding]:
    if any(name in _OURS for name in board.names):
        return [Finding("OS", GOOD, "it is there already")]
    return [Finding("OS", NOTE, "it is not there yet", "pythings build %s" % board.platform)]
