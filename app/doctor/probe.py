"""The program that probes a board, for every MicroPython from 1.16 on, and the board's answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.cloud.api.body import parse_json

# It prints one line of JSON. Facts that a firmware cannot tell are left out.
PROGRAM = """\
import gc, os, sys
try:
    import json
except ImportError:
    import ujson as json
f = {}
def look(name, act):
    try:
        f[name] = act()
    except Exception:
        pass
def has(module, name):
    try:
        return hasattr(__import__(module), name)
    except ImportError:
        return False
def there(name):
    try:
        __import__(name)
    except ImportError:
        return False
    return True
gc.collect()
f["heap"] = (gc.mem_free(), gc.mem_alloc())
f["platform"] = sys.platform
i = sys.implementation
f["name"] = i[0]
f["version"] = list(i[1])[:3]
look("mpy", lambda: getattr(i, "_mpy", None) or i.mpy)
look("machine", lambda: os.uname().machine)
look("flash", lambda: __import__("esp").flash_size())
look("files", lambda: os.statvfs("/"))
look("names", lambda: os.listdir("/"))
def kind():
    from flashbdev import bdev
    b = bytearray(4096)
    for n in (0, 1):
        bdev.readblocks(n, b)
        if b[8:16] == b"littlefs":
            return "littlefs"
    return "other"
look("kind", kind)
def parts():
    from esp32 import Partition as P
    p = P.find(P.TYPE_APP) + P.find(P.TYPE_DATA)
    return [list(x.info())[:5] for x in p]
look("partitions", parts)
f["vfsrom"] = has("vfs", "VfsRom") or hasattr(os, "VfsRom")
look("clock", lambda: __import__("time").gmtime()[0])
def wifi():
    import network
    w = network.WLAN(0)
    return [w.active(), w.isconnected()]
look("wifi", wifi)
look("wake", lambda: json.load(open("board.json"))["wake"])
f["missing"] = [n for n in ("socket", "ssl", "hashlib", "cryptolib", "binascii", "select")
    if not there(n) and not there("u" + n)]
print(json.dumps(f))
"""


@dataclass(frozen=True)
class Facts:
    """The facts about a board. `heap`: bytes free and taken; `flash`: bytes, `files`: bytes in
    all and free, `partitions`: (label, offset, size), each None where the board does not say.
    `wifi`: whether it is on, and linked. `missing`: absent modules that the OS needs."""

    name: str
    version: tuple[int, ...]
    platform: str
    machine: str
    mpy: int
    heap: tuple[int, int]
    flash: int | None
    files: tuple[int, int] | None
    kind: str
    partitions: list[tuple[str, int, int]] | None
    vfsrom: bool
    year: int
    wifi: tuple[bool, bool] | None
    wake: int = -1  # the pin that is wired to the reset pin, by board.json
    names: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def facts(text: str) -> Facts:
    """Parse a board's answer. Raise `ValueError` for any other text."""
    try:
        said: dict[str, Any] = parse_json(text.strip().splitlines()[-1])
        stat = said.get("files")
        rows = said.get("partitions")
        wifi = said.get("wifi")
        return Facts(
            name=str(said["name"]),
            version=tuple(int(part) for part in said["version"]),
            platform=str(said["platform"]),
            machine=str(said.get("machine", "")),
            mpy=int(said.get("mpy", 0)) & 0xFF,
            heap=(int(said["heap"][0]), int(said["heap"][1])),
            flash=int(said["flash"]) if "flash" in said else None,
            files=(int(stat[1] * stat[2]), int(stat[1] * stat[3])) if stat else None,
            kind=str(said.get("kind", "")),
            partitions=[(str(row[4]), int(row[2]), int(row[3])) for row in rows] if rows else None,
            vfsrom=said["vfsrom"] is True,
            year=int(said.get("clock", 0)),
            wifi=(wifi[0] is True, wifi[1] is True) if wifi else None,
            wake=int(said.get("wake", -1)),
            names=[str(name) for name in said.get("names", [])],
            missing=[str(name) for name in said["missing"]],
        )
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError("no answer to what was asked: %r" % text[-80:]) from error
