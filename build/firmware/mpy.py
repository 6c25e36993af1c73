"""The versions and kinds of `.mpy` files that a firmware can load."""

from __future__ import annotations

import re

from build.firmware.model import FirmwareError

# The oldest MicroPython that the OS runs on.
OLDEST = (1, 16)

# micropython: docs/reference/mpyfiles.rst, "Versioning and compatibility of .mpy files".
_SIX_SINCE = (1, 19)

# The compiler that writes the older version; see build/slim/emit.py.
_COMPILERS = {5: "v1.12", 6: ""}

# micropython: py/persistentcode.h, MP_NATIVE_ARCH_*.
_ARCHITECTURES = {"": 0, "xtensa": 9, "xtensawin": 10, "rv32imc": 11}

# micropython: ports/esp32/mpconfigport.h.
_OF_CHIPS = {"esp8266": "xtensa", "esp32c3": "rv32imc", "esp32c6": "rv32imc"}

# micropython: py/persistentcode.h up to 1.18: the low two bits say how bytecode was made. All
# boards of ours have text in Unicode and no cache of look-ups in the bytecode.
_FEATURES_FIVE = 2
_SMALL_INT_BITS = 31  # on 32-bit words

# micropython: shared/runtime/pyexec.c: one string, and since 1.20 two, of the version and of the
# machine, between which the linker puts NULs so that each begins at a word.
_BANNER = re.compile(
    rb"MicroPython v(\d{1,3})\.(\d{1,3})[ -~]{0,80}? on \d{4}-\d\d-\d\d\0{0,7}; [ -~]{1,80}"
)


def banner(firmware: bytes) -> tuple[tuple[int, int], str]:
    """Find MicroPython's version in a firmware, and the whole banner that it prints at the start.

    Raise `FirmwareError` if there is none, or too old a one.
    """
    found = _BANNER.search(firmware)
    if found is None:
        raise FirmwareError("there is no MicroPython in it")
    version = int(found.group(1)), int(found.group(2))
    if version < OLDEST:
        raise FirmwareError(
            "it is MicroPython %d.%d, and the OS needs %d.%d or newer" % (*version, *OLDEST)
        )
    return version, found.group().replace(b"\0", b"").decode("ascii")


def version_for(micropython: tuple[int, int]) -> int:
    """Return the version of `.mpy` files that a MicroPython loads."""
    return 6 if micropython >= _SIX_SINCE else 5


def architecture(chip: str) -> str:
    """Return mpy-cross's name of a chip's processor; only native code depends on it."""
    return _OF_CHIPS.get(chip, "xtensawin")


def compiler(version: int) -> str:
    """Return the name by which `build.slim.emit` selects the compiler of a version of `.mpy`."""
    return _COMPILERS[version]


def check(files: dict[str, bytes], arch: str, version: int) -> None:
    """Refuse a `.mpy` that the firmware could not load."""
    for name, data in sorted(files.items()):
        if not name.endswith(".mpy"):
            continue
        if len(data) < 4 or data[:1] != b"M":
            raise FirmwareError("%s is not a .mpy file" % name)
        if data[1] != version:
            raise FirmwareError(
                "%s is a .mpy of version %d, and the firmware loads version %d"
                % (name, data[1], version)
            )
        if data[3] > _SMALL_INT_BITS or (version == 5 and data[2] & 3 != _FEATURES_FIVE):
            raise FirmwareError("%s is a .mpy for a board of another kind" % name)
        native = data[2] >> 2 & 15
        if native not in (0, _ARCHITECTURES.get(arch, 0)):
            raise FirmwareError("%s has code for another processor" % name)
