"""Base firmware: the parts found in it, and every reason to refuse it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from build.firmware import base
from build.firmware.model import FirmwareError, Place
from tests.unit.firmware import making

MIB = making.MIB
VFS = Place("vfs", 0x200000, 0x200000)


def test_an_esp32_image_as_micropython_makes_it():
    found = base.read(making.esp32(), "esp32")
    assert (found.start, found.version, found.places) == (0x1000, (1, 29), {"vfs": VFS})


def test_an_esp32_image_from_the_beginning_of_the_flash():
    found = base.read(b"\xff" * 0x1000 + making.esp32(), "esp32")
    assert (found.start, found.places) == (0, {"vfs": VFS})


@pytest.mark.parametrize(
    ("chip", "start"), [("esp32s2", 0x1000), ("esp32s3", 0), ("esp32c3", 0), ("esp32c6", 0)]
)
def test_an_image_of_the_family(chip, start):
    data = making.esp32(chip=chip)
    found = base.read(data, "esp32")
    assert (found.chip, found.start, found.places) == (chip, start, {"vfs": VFS})
    assert [at + start for at, _ in found.programs] == [start, 0x10000]
    assert base.read(data, chip) == found
    with pytest.raises(FirmwareError, match="another chip: %s, not esp32h2" % chip):
        base.read(data, "esp32h2")


def test_firmware_that_makes_its_own_partition():
    found = base.read(making.esp32(making.WITH_ROMFS, "1.26.0"), "esp32")
    assert found.places == {"vfs": VFS, "romfs": Place("romfs", 0x1E0000, 0x20000)}
    larger = base.read(making.esp32(making.WITH_ROMFS), "esp32", 16 * MIB)
    assert larger.places["vfs"] == Place("vfs", 0x200000, 14 * MIB)


@pytest.mark.parametrize("nuls", range(1, 8))
def test_an_esp32_image_whose_banner_is_two_strings(nuls):
    found = base.read(making.esp32(version="1.23.0", nuls=nuls), "esp32")
    assert (found.version, found.places) == ((1, 23), {"vfs": VFS})
    assert found.micropython.endswith("on 2026-01-02; Generic ESP32 module with ESP32")


def test_a_real_esp32_image():
    found = base.read(making.real_base().read_bytes(), "esp32")
    assert (found.start, found.version, found.places) == (0x1000, (1, 16), {"vfs": VFS})
    assert found.micropython.endswith("ET-Board with ESP32")


def cut(data: bytes, *lengths: int) -> list[bytes]:
    return [data[:length] for length in lengths]


GOOD = making.esp32()
APPLICATION = making.program("esp32", b"\x32\x54\xcd\xab" + bytes(252))
NO_APP = making.esp32([making.CLASSIC[0], making.CLASSIC[3]])
FFAT = (*making.CLASSIC[:3], ("ffat", 1, 0x81, 0x200000, 0x200000))
OTHER_APP = GOOD[:0xF000] + making.application(chip="esp32c3")
NO_PYTHON = GOOD[:0xF000] + making.program("esp32", b"blink" + bytes(251))
BIG = (*making.CLASSIC[:3], ("vfs", 1, 0x81, 0x200000, 0x600000))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a firmware"),
        (b"PK\x03\x04" * 1000, "not a firmware"),
        (b"\xff" * 0x20000, "not a firmware"),
        (making.esp8266(), "for another chip: esp8266, not esp32"),
        (making.esp32(chip="esp32h2"), "for another chip: esp32h2, not esp32"),
        (b"\xff" * 0x1000 + making.esp32(chip="esp32s3"), "not begin where an esp32s3 begins"),
        (APPLICATION, "an application alone"),
        (GOOD[:0x7000].ljust(0x20000, b"\xff"), "no partition table"),
        (NO_APP, "no partition for an application"),
        *[(data, "truncated") for data in cut(GOOD, 40, 0x3000, 0x7010, 0xE000, len(GOOD) - 1)],
        (OTHER_APP, "its application is for another chip: esp32c3"),
        (NO_PYTHON, "no MicroPython"),
        (making.esp32(version="1.15"), "the OS needs 1.16"),
        (making.esp32(making.CLASSIC[:3], "1.25.0"), "no partition vfs"),
        (making.esp32(FFAT), "no partition vfs"),
        (making.esp32(BIG), "no room: it is for 8388608 bytes of flash, not 4194304"),
        (making.esp32(making.CLASSIC)[:0x7000] + b"\0" * 0x9000, "no partition table"),
    ],
)
def test_no_firmware_for_an_esp32(data, said):
    with pytest.raises(FirmwareError, match=said):
        base.read(data, "esp32")


def test_no_room_behind_the_last_partition():
    rows = (*making.CLASSIC[:2], ("factory", 0, 0, 0x10000, 0x3F0000))
    with pytest.raises(FirmwareError, match="no room for a file system"):
        base.read(making.esp32(rows), "esp32")


ESP8266 = making.esp8266()


@pytest.mark.parametrize(
    ("data", "flash", "vfs"),
    [
        (ESP8266, 0, Place("vfs", MIB, 3 * MIB - 20480)),
        (ESP8266, 2 * MIB, Place("vfs", MIB, MIB - 20480)),
        (making.esp8266("ESP module (1M)"), 0, Place("vfs", 0x99000, 98 * 4096)),
        (making.esp8266("ESP module (1M)"), 4 * MIB, Place("vfs", 0x99000, 4 * MIB - 0x9E000)),
    ],
)
def test_an_esp8266_image(data, flash, vfs):
    found = base.read(data, "esp8266", flash)
    assert (found.start, found.places) == (0, {"vfs": vfs})


def test_an_esp8266_with_romfs():
    found = base.read(making.esp8266(extra=b"VfsRom\0"), "esp8266")
    assert found.places["romfs"] == Place("romfs", 0xB0000, 320 * 1024)


@pytest.mark.parametrize(("flash", "bits"), [(0, 4), (MIB * 2, 3), (MIB * 16, 9)])
def test_the_header_tells_the_esp8266_its_flash(flash, bits):
    data = base.read(ESP8266, "esp8266", flash).data
    assert data[3] >> 4 == bits
    assert data[:3] + data[4:] == ESP8266[:3] + ESP8266[4:]


def changed(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


OTA = making.program("esp8266", b"boot") + ESP8266
FULL = making.esp8266(extra=b"x" * 400_000 + b"VfsRom\0")


@pytest.mark.parametrize(
    ("data", "flash", "said"),
    [
        (GOOD, 0, "for another chip: esp32, not esp8266"),
        (b"", 0, "not a firmware"),
        (ESP8266[:2000], 0, "truncated: 2000 bytes"),
        (ESP8266[:-1], 0, "truncated: %d bytes of %d" % (len(ESP8266) - 1, len(ESP8266))),
        (changed(ESP8266, 0x9003), 0, "its MD5 is wrong"),
        (changed(ESP8266, 0x8FFF), 0, "not a MicroPython"),
        (OTA, 0, "yaota8266"),
        (making.esp8266("ESP module (512K)"), 0, "512 KiB of flash"),
        (ESP8266, MIB, "no room"),
        (ESP8266, 32 * MIB, "no flash of 33554432 bytes"),
        (FULL, 0, "no room: its program is"),
    ],
)
def test_no_firmware_for_an_esp8266(data, flash, said):
    with pytest.raises(FirmwareError, match=said):
        base.read(data, "esp8266", flash)


@given(st.data(), st.sampled_from(["esp32", "esp8266"]))
def test_damage_gives_a_firmware_or_the_one_error(data, chip):
    good = GOOD if chip == "esp32" else ESP8266
    start = data.draw(st.sampled_from([0, 0x7000, 0x8FF0, 0xF000]))
    at = data.draw(st.integers(start, start + 200))
    bad = good[:at] + data.draw(st.binary(max_size=64)) + good[at + data.draw(st.integers(0, 64)) :]
    try:
        base.read(bad, chip)
    except FirmwareError:
        return
