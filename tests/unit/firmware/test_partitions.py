"""The partition table's parser: tables accepted and refused, and no other outcome."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from build.firmware import partitions
from build.firmware.model import FirmwareError
from tests.unit.firmware import making


def test_the_rows_come_in_the_order_of_the_flash():
    found = partitions.parse(making.table(making.CLASSIC[::-1]))
    assert [one.label for one in found] == ["nvs", "phy_init", "factory", "vfs"]
    vfs = found[-1]
    assert (vfs.kind, vfs.subtype, vfs.offset, vfs.end) == (1, 0x81, 0x200000, 0x400000)


def test_a_table_without_md5_is_taken():
    rows = b"".join(making.row(*one) for one in making.CLASSIC)
    assert len(partitions.parse(rows.ljust(0xC00, b"\xff"))) == 4


NVS = ("nvs", 1, 2, 0x9000, 0x6000)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (b"", "truncated"),
        (making.table()[:100], "truncated"),
        (b"\xff" * 0xC00, "no partition table"),
        (b"\0" * 0xC00, "no partition table"),
        (making.table([NVS, ("a", 0, 0, 0xE000, 0x2000)]), "nvs and a overlap"),
        (making.table([("a", 0, 0, 0x9001, 0x1000)]), "a lies nowhere"),
        (making.table([("a", 0, 0, 0x9000, 0)]), "a lies nowhere"),
        (making.table([("a", 0, 0, 0x9000, 0x10)]), "a lies nowhere"),
        (making.table([("a", 0, 0, 0x8000, 0x1000)]), "a lies nowhere"),
        (making.table([("\xe4", 0, 0, 0x9000, 0x1000)]), "a name is not text"),
    ],
)
def test_a_bad_table_is_refused(table, said):
    with pytest.raises(FirmwareError, match=said):
        partitions.parse(table)


@pytest.mark.parametrize("bit", range(0, 4 * 32 * 8, 7))
def test_a_flipped_bit_is_noticed(bit):
    table = bytearray(making.table())
    table[bit // 8] ^= 1 << bit % 8
    with pytest.raises(FirmwareError):
        partitions.parse(bytes(table))


@given(st.binary(max_size=0xC40))
def test_any_bytes_give_a_table_or_the_one_error(data):
    check(data)


ROW = st.builds(
    making.row,
    st.sampled_from(["vfs", "romfs", "a", "", "long" * 4]),
    st.integers(0, 255),
    st.integers(0, 255),
    st.integers(0, 0xFFFFFFFF) | st.sampled_from([0x9000, 0x10000, 0xFFFFF000]),
    st.integers(0, 0xFFFFFFFF) | st.sampled_from([0x1000, 0x100000]),
)


@given(st.lists(ROW | st.binary(min_size=32, max_size=32), max_size=100), st.booleans())
def test_any_rows_give_a_table_or_the_one_error(rows, md5):
    data = b"".join(rows)
    if md5:
        data += b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(data).digest()
    check(data.ljust(0xC00, b"\xff"))


def check(data: bytes) -> None:
    try:
        found = partitions.parse(data)
    except FirmwareError:
        return
    assert found
    for one, after in zip(found, found[1:]):
        assert one.end <= after.offset
