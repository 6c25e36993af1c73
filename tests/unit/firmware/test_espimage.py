"""Program images: the good ones taken, damage noticed wherever it is."""

from __future__ import annotations

import hashlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from build.firmware import espimage
from build.firmware.model import FirmwareError
from tests.unit.firmware import making


@pytest.mark.parametrize("chip", ["esp32", "esp32c3", "esp8266"])
def test_the_length_is_that_of_the_image_alone(chip):
    data = making.program(chip, b"abcd", b"efgh" * 9)
    image = espimage.parse(data + b"\xff" * 100)
    assert image == espimage.Image(chip, len(data), 4 * making.MIB, 2)


@pytest.mark.parametrize("chip", ["esp32", "esp8266"])
def test_every_cut_is_noticed(chip):
    data = making.program(chip, b"abcd" * 8, b"efgh" * 9)
    for length in range(len(data)):
        with pytest.raises(FirmwareError, match=r"truncated|not a firmware"):
            espimage.parse(data[:length])


def test_every_damaged_byte_of_an_esp32_image_is_noticed():
    data = making.program("esp32", b"abcd" * 8, b"efgh" * 9)
    for at in range(len(data)):
        bad = bytearray(data)
        bad[at] ^= 0x55
        with pytest.raises(FirmwareError):
            espimage.parse(bytes(bad))


def test_a_wrong_checksum_under_a_right_digest_is_noticed():
    data = bytearray(making.program("esp32", b"abcd")[:-32])
    data[-1] ^= 1
    with pytest.raises(FirmwareError, match="checksum"):
        espimage.parse(bytes(data) + hashlib.sha256(data).digest())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a firmware"),
        (b"\x7fELF" * 100, "not a firmware"),
        (b"\xff" * 0x10000, "not a firmware"),
        (struct.pack("<BBBBI4xH10x", 0xE9, 1, 0, 0, 0x40080000, 77), "unknown chip, of number 77"),
        (struct.pack("<BBBBI4xH10x", 0xE9, 0, 0, 0, 0x40080000, 0), "0 segments"),
        (struct.pack("<BBBBI4xH10x", 0xE9, 17, 0, 0, 0x40080000, 0), "17 segments"),
    ],
)
def test_what_is_no_image(data, said):
    with pytest.raises(FirmwareError, match=said):
        espimage.parse(data)


@given(st.binary(max_size=200), st.sampled_from([0x40080000, 0x40100000]), st.integers(0, 20))
def test_any_bytes_give_an_image_or_the_one_error(data, entry, segments):
    head = struct.pack("<BBBBI", 0xE9, segments, 0, 0, entry)
    for tried in (data, head + data):
        try:
            espimage.parse(tried)
        except FirmwareError:
            continue


def test_a_real_bootloader_and_application():
    data = making.real_base().read_bytes()
    assert espimage.parse(data).chip == "esp32"
    assert espimage.parse(data[0xF000:]).length == len(data) - 0xF000
