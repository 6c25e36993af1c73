"""littlefs images: read back, mounted in MicroPython, the same each time; damaged ones refused."""

from __future__ import annotations

import struct
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from build.firmware import lfs
from build.firmware.model import FirmwareError
from tests.unit.firmware import upy

pytest.importorskip("littlefs", reason="littlefs-python is not installed")

SIZE = 64 * 4096
# Around the size up to which a file lies within its directory, and around a block.
FILES = {"f%d" % size: b"x" * size for size in (0, 1, 31, 127, 128, 129, 4095, 4096, 4097, 20000)}


def test_all_files_come_back():
    image, used = lfs.make(FILES, SIZE)
    assert len(image) == SIZE
    assert used % 4096 == 0
    assert sum(map(len, FILES.values())) < used < SIZE
    assert lfs.read(image) == FILES


def test_folders():
    files = {"a/b/c": b"1", "a/d": b"2", "e": b"3"}
    assert lfs.read(lfs.make(files, SIZE)[0]) == files


def test_micropython_mounts_it_and_writes(tmp_path):
    image, _ = lfs.make(FILES, SIZE)
    assert upy.mounted(tmp_path, image, writes=True) == upy.told(FILES)


def test_older_firmware_takes_it_too():
    image, _ = lfs.make(FILES, SIZE)
    at = image.index(b"littlefs") + 8 + 4  # its name, a tag, then the superblock
    version, block, count = struct.unpack_from("<III", image, at)
    assert (version, block, count) == (0x00020000, 4096, 64)


def test_an_image_that_newer_firmware_has_made_is_read_too():
    system, _ = lfs._system(bytearray(b"\xff" * SIZE), {"disk_version": 0x00020001})
    system.format()
    system.mount()
    with system.open("a", "wb") as file:
        file.write(b"1")
    system.unmount()
    image = bytes(system.context.buffer)
    at = image.index(b"littlefs") + 8 + 4
    assert struct.unpack_from("<I", image, at) == (0x00020001,)
    assert lfs.read(image) == {"a": b"1"}


def test_it_does_not_depend_on_the_order():
    backwards = dict(reversed(list(FILES.items())))
    assert lfs.make(FILES, SIZE) == lfs.make(backwards, SIZE)


@pytest.mark.parametrize("files", [{"a": bytes(SIZE)}, {"n" * 300: b""}])
def test_what_does_not_fit(files):
    with pytest.raises(
        FirmwareError, match=r"\d+ bytes in 1 files do not fit into .* 262144 bytes"
    ):
        lfs.make(files, SIZE)


@pytest.mark.parametrize("image", [b"\xff" * SIZE, b"\0" * SIZE, b"\xa5" * 4096, b"x" * 100, b""])
def test_what_is_no_littlefs(image):
    with pytest.raises(FirmwareError, match="no littlefs"):
        lfs.read(image)


def test_a_truncated_image():
    with pytest.raises(FirmwareError, match="no littlefs"):
        lfs.read(lfs.make(FILES, SIZE)[0][: SIZE // 2])


@settings(max_examples=50)
@given(st.integers(0, 3 * 4096), st.binary(min_size=1, max_size=2000))
def test_damage_gives_files_or_the_one_error(at, damage):
    image, _ = lfs.make(FILES, SIZE)
    try:
        lfs.read(image[:at] + damage + image[at + len(damage) :])
    except FirmwareError:
        return


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "littlefs", None)
    with pytest.raises(FirmwareError, match="install the package littlefs-python"):
        lfs.make({}, SIZE)
