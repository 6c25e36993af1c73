"""Which .mpy files go into an image, and which MicroPython a firmware is."""

from __future__ import annotations

import pytest

from build.firmware import mpy
from build.firmware.model import FirmwareError

GOOD = {
    5: b"M\x05\x02\x1f...",  # bytecode of mpy-cross 1.12
    6: b"M\x06\x00\x1f...",
}


@pytest.mark.parametrize("version", [5, 6])
def test_what_the_firmware_loads_is_taken(version):
    mpy.check({"a.mpy": GOOD[version], "b.py": b"pass"}, "xtensa", version)


def test_native_code_for_the_board_is_taken():
    mpy.check({"a.mpy": bytes([ord("M"), 6, 10 << 2 | 3, 31])}, "xtensawin", 6)


def test_native_code_is_for_one_processor_of_the_family():
    assert [mpy.architecture(chip) for chip in ("esp8266", "esp32", "esp32s3", "esp32c6")] == [
        "xtensa",
        "xtensawin",
        "xtensawin",
        "rv32imc",
    ]
    mpy.check({"a.mpy": bytes([ord("M"), 6, 11 << 2, 31])}, "rv32imc", 6)
    with pytest.raises(FirmwareError, match="another processor"):
        mpy.check({"a.mpy": bytes([ord("M"), 6, 10 << 2, 31])}, "rv32imc", 6)


@pytest.mark.parametrize(
    ("data", "version", "said"),
    [
        (GOOD[6], 5, "a.mpy is a .mpy of version 6, and the firmware loads version 5"),
        (GOOD[5], 6, "a.mpy is a .mpy of version 5, and the firmware loads version 6"),
        (b"", 6, "a.mpy is not a .mpy file"),
        (b"M\x06\x00", 6, "not a .mpy file"),
        (b"C\x06\x00\x1f", 6, "not a .mpy file"),
        (b"M\x06\x00\x3f", 6, "of another kind"),  # for 64-bit words
        (b"M\x05\x03\x1f", 5, "of another kind"),  # a cache of look-ups in the bytecode
        (bytes([ord("M"), 6, 7 << 2, 31]), 6, "another processor"),
    ],
)
def test_what_it_cannot_load_is_refused(data, version, said):
    with pytest.raises(FirmwareError, match=said):
        mpy.check({"a.mpy": data}, "xtensawin", version)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("MicroPython v1.16 on 2021-06-23; ESP32 module with ESP32", (1, 16)),
        ("MicroPython v1.16-237-g1613dc8a1-dirty on 2021-08-30; ET-Board with ESP32", (1, 16)),
        ("MicroPython v1.29.0 on 2026-05-01; ESP module (1M) with ESP8266", (1, 29)),
        ("MicroPython v1.27.0-preview.5.gabc on 2025-11-01; x with ESP32", (1, 27)),
    ],
)
def test_the_banner(text, version):
    assert mpy.banner(b"\0\x80" + text.encode() + b"\r\n\0") == (version, text)


@pytest.mark.parametrize("nuls", range(1, 8))
def test_a_banner_of_two_strings(nuls):
    """Official images since 1.20: the linker puts each string at a word of its own."""
    first, second = b"MicroPython v1.23.0 on 2024-06-02", b"; Generic ESP32 module with ESP32"
    found = mpy.banner(b"\0" + first + bytes(nuls) + second + b"\0")
    assert found == ((1, 23), (first + second).decode())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no MicroPython"),
        (b"MicroPython v1.23.0 on 2024-06-02" + bytes(8) + b"; x with ESP32\0", "no MicroPython"),
        (b"MicroPython v1.29.0", "no MicroPython"),
        (b"MicroPython v1.15 on 2021-04-18; x\0", r"MicroPython 1.15, and the OS needs 1.16"),
    ],
)
def test_no_micropython_or_too_old(data, said):
    with pytest.raises(FirmwareError, match=said):
        mpy.banner(data)


@pytest.mark.parametrize(("micropython", "version"), [((1, 16), 5), ((1, 18), 5), ((1, 19), 6)])
def test_the_version_for_a_micropython(micropython, version):
    assert mpy.version_for(micropython) == version
    assert mpy.compiler(version) == ("v1.12" if version == 5 else "")
