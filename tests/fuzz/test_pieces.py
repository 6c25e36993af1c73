"""Texts in pieces: the same result however they are cut, and work in proportion to the bytes."""

from __future__ import annotations

import base64
import binascii
from typing import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.linux.lines import Lines as LinuxLines
from build.firmware import romfs
from build.firmware.model import FirmwareError
from domain.errors import CloudError, ThingError
from domain.os_update.checked_streams import Base64, Bounded
from domain.os_update.lines import lines as lines_of
from tests.fakes.source import Pieces, whole
from tests.fuzz.counting import Counted, bytewise, cut, peak

PLACES = st.lists(st.integers(0, 60), max_size=6)
ALPHABET = "AQgwZz+/019=====\n _-*"


def decoded(pieces: list[bytes], size: int = 1000) -> bytes | None:
    try:
        return whole(Bounded(Base64("f", Pieces(pieces)), size, "T9", "too large"))
    except ThingError:
        return None


@given(st.text(ALPHABET, max_size=40) | st.binary(max_size=30).map(base64.b64encode), PLACES)
def test_base64_is_the_same_however_it_is_cut(text: str | bytes, places: list[int]) -> None:
    data = text.encode() if isinstance(text, str) else text
    try:
        wanted = base64.b64decode(data, validate=True)
    except binascii.Error:
        wanted = None
    if data.count(b"=") > 2 or b"=" in data.rstrip(b"="):
        wanted = None
    assert decoded([data]) == decoded(bytewise(data)) == decoded(cut(data, places)) == wanted


def test_base64_ends_where_it_is_padded() -> None:
    for pieces in ([b"QQ==QQ=="], [b"QQ==", b"QQ=="], [b"QQ==", b"Q"], [b"QQ=="] * 3):
        assert decoded(pieces) is None
    assert decoded([b"QQ==", b""]) == b"A"


@pytest.mark.parametrize(("size", "taken"), [(5, False), (6, True)])
def test_base64_has_no_more_than_was_stated(size: int, taken: bool) -> None:
    assert (decoded([b"QUFBQUFB"], size) is not None) == taken


def lines(pieces: list[bytes]) -> list[bytes] | str:
    """Return the lines, or the error if the text is cut or a line is too long."""
    found = []
    try:
        for line in lines_of(Pieces(pieces)):
            found.append(line)
    except CloudError as error:
        return "%r the text is cut" % found if "cut" in error.text else error.text
    return found


@given(st.binary(max_size=60).map(lambda data: data.replace(b"\xff", b"\n")), PLACES)
def test_lines_are_the_same_however_they_are_cut(data: bytes, places: list[int]) -> None:
    *ended, rest = data.split(b"\n")
    wanted = "%r the text is cut" % ended if rest else ended
    assert lines([data]) == lines(cut(data, places)) == lines(bytewise(data)) == wanted
    limit = LinuxLines(5)
    found = [line for piece in cut(data, places) for line in limit.feed(piece)]
    assert (found, limit.rest()) == ([line[:5] for line in ended], rest[:5])


@pytest.mark.parametrize("size", [2048, 2049, 300_000])
def test_a_line_that_is_too_long_is_refused(size: int) -> None:
    data = b"x" * size + b"\n"
    whole = lines([data])
    assert whole == lines([data[:1000], data[1000:]])
    assert (whole == [b"x" * size]) == (size == 2048)


def endless(feed: Callable[[bytes], object]) -> int:
    """Return the bytes that are copied for each byte of a line without an end, in pieces of 64."""
    Counted.copied = 0
    for _ in range(2000):
        feed(Counted(b"x" * 64))
    return Counted.copied // (2000 * 64)


def test_a_line_without_an_end_costs_no_more_than_its_bytes() -> None:
    lines = LinuxLines(1 << 20)
    assert endless(lines.feed) <= 2
    assert peak(lambda: endless(LinuxLines(1000).feed)) < 20_000


def test_a_number_without_an_end_is_no_romfs() -> None:
    for size in (6, 128 << 10):
        with pytest.raises(FirmwareError):
            romfs.read(b"\xd2\xcd\x31" + b"\xff" * size)
    assert peak(lambda: pytest.raises(FirmwareError, romfs.read, b"\xd2\xcd\x31" + b"\xff" * 9)) < (
        60_000
    )


@given(st.dictionaries(st.text("abc.", min_size=1, max_size=4), st.binary(max_size=300)))
def test_romfs_there_and_back(files: dict[str, bytes]) -> None:
    assert romfs.read(romfs.make(files)) == files


@given(st.binary(max_size=200))
def test_any_bytes_are_a_romfs_or_say_why_not(data: bytes) -> None:
    try:
        romfs.read(b"\xd2\xcd\x31" + data)
    except FirmwareError as error:
        assert str(error)
