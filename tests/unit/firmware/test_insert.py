"""Inserting the OS into a firmware: its place there, and the detection of defects."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from importlib import metadata

import pytest

from build.firmware import base, insert, lfs, romfs
from build.firmware.model import BoardRelease, FirmwareError, Place
from tests.unit.firmware import making, upy

pytest.importorskip("littlefs", reason="littlefs-python is not installed")
pytest.importorskip("esptool", reason="esptool is not installed")

ALL = making.release().all


def part(made, place: Place) -> bytes:
    image: bytes = made.data[place.offset - made.start : place.end - made.start]
    return image


@pytest.mark.parametrize("before", [b"", b"\xff" * 0x1000])
def test_into_an_esp32(before):
    data = before + making.esp32()
    found = base.read(data, "esp32")
    made = insert.insert(found, making.release())
    assert made.data.startswith(data)
    assert made.start + len(made.data) == 4 * making.MIB
    assert set(made.data[len(data) : 0x200000 - made.start]) == {0xFF}
    assert lfs.read(part(made, found.places["vfs"])) == ALL
    assert [use.place.name for use in made.uses] == ["vfs"]


@pytest.mark.parametrize("chip", ["esp32s2", "esp32s3", "esp32c3", "esp32c6"])
def test_into_a_chip_of_the_family(chip):
    data = making.esp32(making.WITH_ROMFS, chip=chip)
    found = base.read(data, "esp32")
    made = insert.insert(found, making.release())
    assert made.start == found.start
    assert romfs.read(part(made, found.places["romfs"])) == making.release().files


def test_modules_are_executed_in_place_where_that_is_possible():
    found = base.read(making.esp32(making.WITH_ROMFS), "esp32")
    os = making.release()
    made = insert.insert(found, os)
    assert lfs.read(part(made, found.places["vfs"])) == os.start
    assert romfs.read(part(made, found.places["romfs"])) == os.files


@pytest.mark.parametrize("extra", [b"", b"VfsRom\0"])
def test_into_an_esp8266(extra):
    data = making.esp8266(extra=extra)
    found = base.read(data, "esp8266", 2 * making.MIB)
    made = insert.insert(found, making.release())
    assert len(made.data) == 2 * making.MIB - 20480
    assert made.data[3] >> 4 == 3
    assert made.data[4 : len(data)] == data[4:]
    files = lfs.read(part(made, found.places["vfs"]))
    if extra:
        files.update(romfs.read(part(made, found.places["romfs"])))
    assert files == ALL


def test_what_was_there_is_replaced_and_the_rest_stays():
    short = ("vfs", 1, 0x81, 0x200000, 0x100000)
    rows = (*making.CLASSIC[:3], short, ("mine", 1, 0x40, 0x300000, 0x1000))
    data = making.esp32(rows).ljust(0x1FF000, b"\xff") + b"x" * 0x100000 + b"mine" * 0x400
    made = insert.insert(base.read(data, "esp32"), making.release())
    assert len(made.data) == len(data)
    assert made.data[:0x1FF000] == data[:0x1FF000]
    assert made.data[0x2FF000:] == b"mine" * 0x400
    assert lfs.read(made.data[0x1FF000:0x2FF000]) == ALL
    again = insert.insert(base.read(made.data, "esp32"), making.release())
    assert again.data == made.data


def test_into_a_real_firmware(tmp_path):
    data = making.real_base().read_bytes()
    os = making.release(5)
    made = insert.insert(base.read(data, "esp32"), os)
    assert made.data.startswith(data)
    image = made.data[0x200000 - 0x1000 :]
    assert len(image) == 0x200000
    assert upy.mounted(tmp_path, image) == upy.told(os.all)


def test_no_room_in_the_file_system():
    rows = (*making.CLASSIC[:3], ("vfs", 1, 0x81, 0x200000, 0x2000))
    with pytest.raises(FirmwareError, match="do not fit into a file system of 8192 bytes"):
        insert.insert(base.read(making.esp32(rows), "esp32"), making.release())


def test_no_room_in_the_romfs():
    rows = (*making.WITH_ROMFS[:3], ("romfs", 1, 0x8F, 0x1E0000, 0x1000))
    with pytest.raises(FirmwareError, match="no room: the OS needs 5.* of its ROMFS, which has 40"):
        insert.insert(base.read(making.esp32(rows), "esp32"), making.release())
    found = base.read(making.esp8266(extra=b"VfsRom"), "esp8266")
    huge = BoardRelease({"pt.mpy": bytes(110_000)}, {}, {})
    with pytest.raises(FirmwareError, match="needs 1100.. bytes of its ROMFS, which has 106496"):
        insert.insert(found, huge)


@pytest.mark.parametrize(
    ("rows", "module", "said"),
    [
        (making.CLASSIC, lfs, "vfs has other files"),
        (making.WITH_ROMFS, romfs, "romfs has other files"),
    ],
)
def test_an_image_that_reads_back_wrong_is_never_given(rows, module, said, monkeypatch):
    monkeypatch.setattr(module, "read", lambda image: {"pt.mpy": b"M"})
    with pytest.raises(FirmwareError, match=said):
        insert.insert(base.read(making.esp32(rows), "esp32"), making.release())


def test_an_image_whose_layout_reads_back_wrong_is_never_given():
    found = base.read(making.esp32(), "esp32")
    moved = replace(found, places={"vfs": Place("vfs", 0x180000, 0x80000)})
    with pytest.raises(FirmwareError, match="its layout has changed"):
        insert.insert(moved, making.release())


@pytest.mark.parametrize("at", [0x2A, 0x7FF])
def test_what_esptool_refuses_is_never_given(at, monkeypatch):
    found = base.read(making.esp32(), "esp32")
    bad = bytearray(found.data)
    bad[min(at, found.programs[0][1] - 40)] ^= 1
    monkeypatch.setattr(base, "read", lambda *_: found)
    with pytest.raises(FirmwareError, match="esptool does not accept"):
        insert.insert(replace(found, data=bytes(bad)), making.release())


def test_without_esptool(monkeypatch):
    def version(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    with pytest.raises(FirmwareError, match="install the package esptool"):
        insert.insert(base.read(making.esp32(), "esp32"), making.release())


def test_it_leaves_no_files_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    insert.insert(base.read(making.esp8266(), "esp8266"), making.release())
    assert list(tmp_path.iterdir()) == []
