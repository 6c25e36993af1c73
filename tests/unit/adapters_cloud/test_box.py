"""Payload mode 2 against its test vectors, the cloud's side, and pieces cut anywhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters.cloud.box import MOST, Box, Opened
from adapters.linux.crypto import LinuxCrypto
from app.cloud.box import BoxError, CloudBox, envelope, is_boxed
from domain.errors import CloudError
from ports.crypto import Cipher
from tests.fakes.source import Pieces, pieces

ROOT = Path(__file__).resolve().parents[3]
SECRET = bytes(range(16))
TOKEN = "00112233-4455-6677-8899-aabbccddeeff"
RAW = bytes.fromhex(TOKEN.replace("-", ""))
ANSWER = b'{"settings":{}}'


def box() -> Box:
    return Box(LinuxCrypto(), SECRET, RAW)


def cipher(it: Box) -> Cipher:
    return LinuxCrypto().aes(it.key)


def request(it: Box, text: bytes) -> bytes:
    return it.request(cipher(it), text)


def whole(it: Box, status: int, data: bytes) -> tuple[bytes, bool]:
    return it.whole(cipher(it), status, data)


def cloud(number: int = 0) -> CloudBox:
    return CloudBox(int.from_bytes(SECRET, "big"), TOKEN, number)


def opened(it: Box, data: bytes, cut: int = 1000, status: int = 200, size: int = 64) -> bytes:
    source = Pieces(data[at : at + cut] for at in range(0, len(data), cut))
    return b"".join(pieces(Opened(it, cipher(it), status, source), size))


def forged(it: Box, data: bytes, status: int = 200) -> None:
    with pytest.raises(CloudError) as caught:
        opened(it, data, status=status)
    assert caught.value.code == "forged"


def vectors() -> dict[str, str]:
    """Return the test vectors of the documentation."""
    text = (ROOT / "docs/protocol.md").read_text()
    return dict(re.findall(r"^\| (\w[\w ]*) \| `([0-9a-f]+)` \|$", text, re.MULTILINE))


def test_the_vectors_of_the_documentation() -> None:
    known, it = vectors(), box()
    assert known["secret"] == SECRET.hex()
    assert known["answer to preregister"] == cloud().begin().hex()
    assert whole(it, 200, bytes.fromhex(known["answer to preregister"])[17:]) == (b"", True)
    assert known["first request"] == request(it, b"{}").hex()
    assert known["its answer"] == cloud(1).seal(200, ANSWER).hex()
    assert opened(it, bytes.fromhex(known["its answer"])) == ANSWER


def test_both_sides_understand_each_other() -> None:
    it = box()
    for number, size in enumerate((0, 1, 15, 16, 17, 255, 256, 257, 5000), 1):
        text = bytes(at % 251 for at in range(size))
        found = envelope(request(it, text))
        assert (found.token, found.number) == (TOKEN, number)
        assert cloud(number).open(found) == text
        data = cloud(number).seal(200, text)
        assert len(data) == size + 18 * max(1, -(-size // MOST))
        for cut in (1, 7, 18, 256, 10000):
            for buffer in (64, 256, 10000):
                assert opened(it, data, cut, size=buffer) == text


def test_any_bit_that_has_changed_is_found() -> None:
    it = box()
    sent = request(it, b"a text")
    for at in range(1, len(sent)):
        changed = sent[:at] + bytes([sent[at] ^ 1]) + sent[at + 1 :]
        found = envelope(changed)
        with pytest.raises(BoxError):
            CloudBox(int.from_bytes(SECRET, "big"), found.token, found.number).open(found)
    data = cloud(1).seal(200, b"x" * (MOST + 1))
    for at in range(len(data)):
        forged(it, data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])


def test_what_is_cut_spliced_sent_again_or_of_something_else_is_refused() -> None:
    it = box()
    request(it, b"one")
    first = cloud(1).seal(200, b"x" * MOST + b"y")
    request(it, b"two")
    forged(it, first)  # in answer to another request
    data = cloud(2).seal(200, b"x" * MOST + b"y")
    frame, last = data[: MOST + 18], data[MOST + 18 :]
    for wrong in (b"", frame, last, last + frame, frame + frame + last, data + b"x", data + last):
        forged(it, wrong)
    for size in range(len(data)):
        forged(it, data[:size])
    forged(it, cloud(2).seal(404, b""))
    forged(it, data, 404)
    forged(it, b"\x7f\xff" + bytes(1000))
    forged(it, request(it, b"")[21:])  # our own request comes back
    other = CloudBox(int.from_bytes(SECRET, "big"), str(TOKEN).replace("00", "ff"), 3)
    forged(it, other.seal(200, b"of another session"))


def test_nothing_is_given_out_before_its_code_holds() -> None:
    it = box()
    request(it, b"")
    data = cloud(1).seal(200, b"x" * MOST + b"evil")
    source = Pieces([data[: MOST + 17], data[MOST + 17 : -1], b"\0"])
    found = pieces(Opened(it, cipher(it), 200, source), 100)
    assert [next(found), next(found), next(found)] == [b"x" * 100, b"x" * 100, b"x" * 56]
    with pytest.raises(CloudError):
        next(found)


def test_an_error_may_come_in_the_clear_and_is_not_believed() -> None:
    it = box()
    request(it, b"")
    assert whole(it, 404, b'"not here"') == (b'"not here"', False)
    assert whole(it, 404, cloud(1).seal(404, b'"not here"')) == (b'"not here"', True)
    with pytest.raises(CloudError):
        whole(it, 200, b"{}")


def test_no_two_texts_under_the_same_stream() -> None:
    """Directions, requests, frames and blocks: each is encrypted with another one."""
    it, zeros = box(), bytes(16 * 20)
    streams = []
    for number in (1, 2):
        streams.append(request(it, zeros)[21:-16])
        data = cloud(number).seal(200, zeros)
        streams += [data[2 : 2 + MOST], data[MOST + 20 : -16]]
    blocks = [one[at : at + 16] for one in streams for at in range(0, len(one), 16)]
    assert len(set(blocks)) == len(blocks) == 80


def test_a_request_that_is_too_short_is_none() -> None:
    data = b"\2" + bytes(40)
    assert [size for size in range(41) if is_boxed(data[:size])] == list(range(37, 41))
    assert not is_boxed(b"{" + bytes(40))
