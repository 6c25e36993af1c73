"""Records: cut, rotten and foreign ones are as good as absent."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain import record
from domain.checksum import checksum
from domain.errors import DeviceError
from tests.fakes.storage import MemoryStorage, PowerCut
from tests.unit.domain.readings.values import JSON

FINITE = JSON.filter(lambda value: value == value and "nan" not in repr(value))


@given(st.integers(0, 10**9), FINITE)
def test_there_and_back(number, value):
    assert record.decode(record.encode(number, value)) == (number, value)


def test_format():
    assert record.encode(7, {"a": "é"}) == b'9e7fdd77 [7, {"a": "\\u00e9"}]\n'


@given(st.binary(max_size=200) | st.none())
@example(b"")
@example(b"00000000 \n")
@example(b"-0000001 x\n")
def test_anything(data):
    assert record.decode(data) == (0, None)


@pytest.mark.parametrize(
    "payload",
    [b"5", b"[1]", b"[1, 2, 3]", b"{}", b'["x", 1]', b"[null, 1]", b"[1e999, 0]", b"\xff"],
)
def test_sums_right_but_is_no_record(payload):
    line = checksum(payload).encode() + b" " + payload + b"\n"
    assert record.decode(line) == (0, None)


def test_no_flipped_bit_and_no_cut_is_accepted():
    whole = record.encode(41, {"trial": 2, "version": "1001", "notes": ["é"]})
    for position in range(len(whole)):
        for bit in range(8):
            flipped = bytearray(whole)
            flipped[position] ^= 1 << bit
            assert record.decode(bytes(flipped)) == (0, None)
        assert record.decode(whole[:position]) == (0, None)
        assert record.decode(whole[:position] + whole[position + 1 :]) == (0, None)
    assert record.decode(whole + b"\n") == (0, None)


def test_the_newer_copy_counts():
    storage = MemoryStorage()
    assert record.load(storage, "r") == (0, None)
    for number in range(1, 6):
        record.save(storage, "r", number, {"n": number})
        assert record.load(storage, "r") == (number, {"n": number})
    assert set(storage.files) == {"r.0", "r.1"}
    storage.files["r.1"] = b"rotten"
    assert record.load(storage, "r") == (4, {"n": 4})


def test_one_copy_is_enough():
    storage = MemoryStorage()
    record.save(storage, "r", 1, "old")
    record.save(storage, "r", 2, "new")
    storage.unreadable = {"r.0"}
    assert record.load(storage, "r") == (1, "old")
    storage.unreadable = {"r.1"}
    assert record.load(storage, "r") == (2, "new")
    storage.unreadable = {"r.0", "r.1"}
    with pytest.raises(DeviceError):
        record.load(storage, "r")


def test_a_record_beyond_its_bound_is_not_read():
    storage = MemoryStorage()
    record.save(storage, "r", 1, "x" * record.MAX_RECORD)
    record.save(storage, "r", 2, "new")
    assert record.load(storage, "r") == (2, "new")


def test_a_power_cut_leaves_the_old_or_the_new():
    storage = MemoryStorage()
    for number in range(1, 5):
        record.save(storage, "r", number, number)
        storage.cut_after(1)
        with pytest.raises(PowerCut):
            record.save(storage, "r", number + 1, "cut")
        assert record.load(storage.restart(), "r") == (number, number)
