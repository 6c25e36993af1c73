"""The dialogue's meaning is the same however its bytes are cut, and nothing unsettles it."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sim800 import at
from adapters.sim800.at import DATA, Digester
from tests.unit.sim800.dialogues import ALL, Step

LETTERS = "EIFPUD"
SPLITS = 1000


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        ("Tél☎".encode(), "Tél☎"),
        (b"T\xe9l\xe9", "Télé"),  # of one byte each
        ("Télé ☎ ".encode() + b"\xff", "Télé ☎ \xff"),  # one bad byte spoils no other
        ("😀".encode()[:3] + b"a", "\xf0\x9f\x98a"),
    ],
)
def test_names_in_any_encoding_are_text(data, text):
    assert at.text_of(data) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_utf_8_is_read_as_such(text):
    assert at.text_of(text.encode()) == text


def whole(data: bytes) -> list[bytes]:
    return [data]


def byte_by_byte(data: bytes) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


def events(steps: list[Step], cut) -> list[tuple[int, bytes]]:
    """Return the events that a digester finds; announced bytes are joined."""
    digester = Digester()
    found: list[tuple[int, bytes]] = []
    for command, most, data in steps:
        if command:
            digester.expect(command.encode(), most)
        for piece in cut(data):
            found += digester.feed(piece)
    return together(found)


def together(found: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    result: list[tuple[int, bytes]] = []
    for kind, line in found:
        if kind == DATA and result and result[-1][0] == DATA:
            result[-1] = (DATA, result[-1][1] + line)
        else:
            result.append((kind, line))
    return result


def meant(expected: list[str]) -> list[tuple[int, bytes]]:
    return [(LETTERS.index(item[0]), item[2:].encode("latin-1")) for item in expected]


def test_there_are_enough_dialogues():
    assert len(ALL) >= 60
    assert len({name for name, _, _ in ALL}) == len(ALL)


@pytest.mark.parametrize(("name", "steps", "expected"), ALL, ids=[item[0] for item in ALL])
def test_a_dialogue(name, steps, expected):
    assert events(steps, whole) == meant(expected)
    assert events(steps, byte_by_byte) == meant(expected)


def test_a_thousand_random_splits_of_each():
    """Equal splits are tried once."""
    dice = random.Random(800).random
    for name, steps, expected in ALL:
        sizes = [len(data) for _, _, data in steps]
        splits = {
            tuple((int(dice() * size), int(dice() * size)) for size in sizes) for _ in range(SPLITS)
        }
        right = meant(expected)
        for split in splits:
            places = iter(split)

            def cut(data: bytes, places=places) -> list[bytes]:
                a, b = sorted(next(places))
                return [data[:a], data[a:b], data[b:]]

            assert events(steps, cut) == right, (name, split)


def test_how_long_a_command_may_take():
    digester = Digester()
    for command, seconds in ((b"AT", 5), (b"AT+SAPBR=1,1", 85), (b"AT+SAPBR=2,1", 5)):
        digester.expect(command)
        assert digester.limit_ms == seconds * 1000


PIECES = [line.encode("latin-1")[2:] for _, _, lines in ALL for line in lines] + [
    *(b"\r\n", b"\n", b"\r", b"> ", b"+HTTPREAD: ", b"+HTTPREAD: 7\r\n", b"AT", b"999999", b"\xff"),
]
COMMANDS = sorted({step[0].encode() for _, steps, _ in ALL for step in steps})


def check(digester: Digester, command: bytes, most: int, data: bytes) -> None:
    """Assert that nothing is raised, no byte is invented, and the buffer keeps its bound."""
    size = len(digester._line)
    if command:
        digester.expect(command, most)
    found = digester.feed(data)
    assert len(digester._line) == size
    assert 0 <= digester._used <= size
    assert 0 <= digester.left <= most
    assert sum(len(line) for _, line in found) <= len(data) + size
    for kind, line in found:
        assert kind in (at.ECHO, at.INFO, at.FINAL, at.PROMPT, at.URC, at.DATA)
        assert kind == DATA or len(line) <= size


def test_a_million_bytes_of_nonsense():
    chance = random.Random(6)
    digester = Digester(64)
    total = 0
    while total < 1_000_000:
        if chance.random() < 0.5:
            data = b"".join(chance.choices(PIECES, k=chance.randint(1, 30)))
        else:
            data = chance.getrandbits(8 * 400).to_bytes(400, "big")
        check(digester, chance.choice(COMMANDS), 500, data)
        total += len(data)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(COMMANDS),
            st.integers(0, 64),
            st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=40)), max_size=8),
        ),
        max_size=6,
    )
)
def test_any_bytes_are_digested_alike_in_any_pieces(steps):
    one, two = Digester(32), Digester(32)
    for command, most, pieces in steps:
        for digester in (one, two):
            if command:
                digester.expect(command, most)
        data = b"".join(pieces)
        found = [item for piece in byte_by_byte(data) for item in one.feed(piece)]
        joined = two.feed(data)
        assert together(found) == together(joined)
        check(two, b"", most, b"")


def test_after_any_nonsense_the_next_question_is_answered():
    chance = random.Random(7)
    for _ in range(300):
        digester = Digester()
        digester.expect(b"AT+HTTPREAD=0,50", 50)
        digester.feed(b"".join(chance.choices(PIECES, k=5)))
        digester.expect(b"AT+CSQ")
        kinds = digester.feed(b"\r\n\r\n+CSQ: 20,0\r\n\r\nOK\r\n")
        assert (at.INFO, b"+CSQ: 20,0") in kinds
        assert kinds[-1] == (at.FINAL, b"OK")


def test_every_end_of_a_command_by_hand() -> None:
    for said in (b"OK", b"ERROR", b"NO CARRIER", b"BUSY", b"NO ANSWER", b"NO DIALTONE", b"SEND OK"):
        for pieces in (whole, byte_by_byte):
            digester = Digester()
            digester.expect(b"AT+CIPSEND=5")
            found = [event for piece in pieces(said + b"\r\n") for event in digester.feed(piece)]
            assert found == [(at.FINAL, said)]
            assert digester.feed(said + b"\r\n") == [(at.URC, said)]  # nothing was asked any more
