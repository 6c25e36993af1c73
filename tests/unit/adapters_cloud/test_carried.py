"""A session that goes on in another run: its requests are those that the first run would send."""

from __future__ import annotations

import json

import pytest

from adapters.cloud.box import Box
from adapters.cloud.carried import packed, unpacked
from adapters.linux.crypto import LinuxCrypto

CRYPTO = LinuxCrypto()
KEY = bytes(range(16))


def carried(*session):
    """Return the session after its way through JSON."""
    return unpacked(CRYPTO, json.loads(json.dumps(packed(*session))))


@pytest.mark.parametrize("key", [None, KEY])
def test_a_session_without_a_box(key):
    assert carried("token", key, None) == ("token", key, None)


def test_a_box_goes_on_with_the_next_number():
    box = Box(CRYPTO, KEY, KEY[::-1])
    box.request(CRYPTO.aes(box.key), b"first")
    token, key, other = carried("", box.key, box)
    assert (token, key) == ("", box.key)
    assert other.number == 1
    aes = CRYPTO.aes(box.key)
    assert other.request(aes, b"second") == box.request(aes, b"second")


@pytest.mark.parametrize("session", [[], ["t"], ["t", "zz"], ["", "00" * 16, "00", "x"], 5, None])
def test_anything_else_is_refused(session):
    with pytest.raises((ValueError, TypeError, IndexError)):
        unpacked(CRYPTO, session)
