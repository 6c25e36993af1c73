"""ROMFS images: as MicroPython's own tool makes them, mounted in it; damaged ones refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from build.firmware import romfs
from build.firmware.model import FirmwareError
from tests.unit.firmware import upy

FILES = {"f%d" % size: b"x" * size for size in (0, 1, 127, 128, 16383, 16384, 20001)}
NAMES = st.text("abc._", min_size=1, max_size=140)


@given(st.dictionaries(NAMES, st.binary(max_size=300), max_size=5))
def test_all_files_come_back(files):
    image = romfs.make(files)
    assert len(image) - sum(map(len, files.values())) < 8 + sum(len(name) + 16 for name in files)
    assert romfs.read(image + b"\xff" * 100) == files


@given(st.dictionaries(NAMES, st.binary(max_size=300), max_size=5))
def test_it_is_as_micropythons_own_tool_makes_it(files):
    tool = pytest.importorskip("mpremote.romfs", reason="mpremote is not installed")
    writer = tool.VfsRomWriter()
    for name in sorted(files):
        writer.mkfile(name, files[name])
    assert romfs.make(files) == bytes(writer.finalise())


def test_micropython_mounts_it(tmp_path):
    assert upy.mounted(tmp_path, romfs.make(FILES)) == upy.told(FILES)


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (b"", "magic"),
        (b"\xff" * 100, "magic"),
        (b"\xd2\xcd\x31", "no end"),
        (b"\xd2\xcd\x31\x81", "no end"),
        (b"\xd2\xcd\x31\x02\x01\x00", "of kind 1"),
        (b"\xd2\xcd\x31\x02\x05\x02", "truncated"),
        (b"\xd2\xcd\x31\x06\x05\x04\x01a\x03\x00", "of kind 3"),
        (romfs.make(FILES)[:-1], "truncated"),
    ],
)
def test_what_is_no_romfs(image, said):
    with pytest.raises(FirmwareError, match="this is no ROMFS that can be read .*" + said):
        romfs.read(image)


@given(st.binary(max_size=100))
def test_any_bytes_give_files_or_the_one_error(data):
    for image in (data, b"\xd2\xcd\x31" + data, romfs.make({"a": data, "b": data})[: len(data)]):
        try:
            romfs.read(image)
        except FirmwareError:
            continue
