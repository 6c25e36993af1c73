"""The chip at a serial port, through esptool: identified, and written.

esptool runs in a process of its own (docs/decisions.md, 14). An image may hold secrets: it
is handed over in a file that only its owner can read, never on the command line.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from typing import Callable

from app.doctor.port import PortError, openable
from app.install.errors import InstallError
from app.install.failures import explained

_MB = 1024 * 1024
_CHIP = re.compile(r"^Connected to (ESP[\w-]+) on ")
_FLASH = re.compile(r"^Detected flash size: (\d+)([KM])B")
_MAC = re.compile(r"^MAC:\s+([0-9a-f:]{17,23})$")
_PERCENT = re.compile(r"^Writing at 0x[0-9a-f]+ .*?(\d+\.\d)%")
_VERIFIED = "Hash of data verified."
_TAKEN = "the port is busy or doesn't exist"
_TRIES = 3  # to open a port that was free a moment before
# The image is written as it is, byte for byte: its header is right, or was chosen at the build.
_AS_IT_IS = ["--flash-mode", "keep", "--flash-freq", "keep", "--flash-size", "keep"]


@dataclass(frozen=True)
class FoundChip:
    """A chip. `name`: as esptool takes it, `esp32c3`; `flash`: its bytes, 0 if it cannot tell."""

    name: str
    flash: int
    mac: str


@dataclass(frozen=True)
class SerialLine:
    """A board's serial line: its port, and the baud of the transfer."""

    port: str
    baud: int


def identify(line: SerialLine) -> FoundChip:
    """Put the board into its boot mode, and ask its chip. Raise `InstallError`."""
    name, flash, mac = "", 0, ""
    for text in _esptool(line, ["--after", "no-reset-stub", "flash-id"]):
        if found := _CHIP.match(text):
            name = found.group(1).lower().replace("-", "")
        elif found := _FLASH.match(text):
            flash = int(found.group(1)) * (_MB if found.group(2) == "M" else 1024)
        elif found := _MAC.match(text):
            mac = found.group(1)
    if not name:
        raise InstallError("esptool did not say which chip is at %s - try again" % line.port)
    return FoundChip(name, flash, mac)


def write(
    line: SerialLine, chip: str, start: int, data: bytes, show: Callable[[float], object]
) -> None:
    """Write an image at `start` of the flash, verify it there, and restart the board.

    Call `show` with the percentage written. Raise `InstallError`.
    """
    verified = False
    with tempfile.TemporaryDirectory(prefix="pythings-install-") as folder:  # of mode 0700
        image = Path(folder, "image.bin")
        image.write_bytes(data)
        command = ["--chip", chip, "write-flash", *_AS_IT_IS, "0x%x" % start, str(image)]
        for text in _esptool(line, command):
            if found := _PERCENT.match(text):
                show(float(found.group(1)))
            verified = verified or text == _VERIFIED
    if not verified:
        raise InstallError("esptool did not confirm the written image - run the same again")


def _esptool(line: SerialLine, arguments: list[str]) -> Iterator[str]:
    """Yield esptool's lines as they come. Raise `InstallError` with the remedy if it fails."""
    if util.find_spec("esptool") is None:
        raise InstallError("esptool is missing - install the package esptool")
    for _ in range(_TRIES):
        try:
            openable(line.port, line.baud)
        except PortError as error:
            raise InstallError(str(error)) from None
        said: list[str] = []
        if (yield from _run(line, arguments, said)) == 0:
            return
        if not any(_TAKEN in text for text in said):  # by another program, in between
            break
    raise InstallError(explained(said, line.port))


def _run(line: SerialLine, arguments: list[str], said: list[str]) -> Generator[str, None, int]:
    """Run esptool once, add its lines to `said` and yield them; return its exit status."""
    command = [sys.executable, "-m", "esptool", "--port", line.port, "--baud", str(line.baud)]
    with subprocess.Popen(
        [*command, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    ) as process:
        assert process.stdout
        try:
            for text in process.stdout:
                said.append(text.rstrip())
                yield said[-1]
        except BaseException:  # the reader was interrupted
            process.terminate()
            raise
    return process.returncode
