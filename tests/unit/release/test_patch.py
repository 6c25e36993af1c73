"""Patches from one release to the next: they restore the exact bytes, and junk does no harm."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from build.release.patch import between
from domain.errors import DeviceError
from domain.os_update.patch import Patch
from tests.fakes.source import pieces, whole
from tests.fakes.storage import MemoryStorage

names = st.text("abcxyz_./", min_size=1, max_size=9).filter(
    lambda name: all(part not in ("", ".", "..") for part in name.split("/"))
)
contents = st.binary(max_size=40) | st.binary(min_size=200, max_size=700)


def made(patch, old, name):
    """Return the file that a Thing would make, which has `old` in its second folder."""
    storage = MemoryStorage({"patch": patch})
    storage.files.update({"rom/" + key: data for key, data in old.items()})
    return whole(Patch(storage, "patch").file(name, ("none/", "rom/")))


@given(contents, st.lists(st.tuples(st.integers(0, 700), st.integers(0, 9), st.binary(max_size=9))))
def test_a_file_that_was_edited(old, edits):
    new = bytearray(old)
    for at, size, data in edits:
        new[at : at + size] = data
    assert made(between({"x": old}, {"x": bytes(new), "y": b""}), {"x": old}, "y") == b""
    if new != old:
        assert made(between({"x": old}, {"x": bytes(new)}), {"x": old}, "x") == new


@given(st.dictionaries(names, contents, max_size=6), st.dictionaries(names, contents, max_size=6))
def test_all_files_that_changed_in_their_order(old, new):
    storage = MemoryStorage({"patch": between(old, new)})
    storage.files.update({"os/" + key: data for key, data in old.items()})
    patch = Patch(storage, "patch")
    for name in sorted(new):
        if old.get(name) == new[name]:
            with pytest.raises(DeviceError, match="patch has no"):
                patch.file(name, ("os/",))
        else:
            assert whole(patch.file(name, ("os/",))) == new[name]


def test_a_changed_file_takes_little():
    old = bytes(range(256)) * 20
    new = old[:1000] + b"something else" + old[1200:]
    assert len(between({"x": old}, {"x": new})) < 40
    moved = old[3000:] + old[:3000]
    assert len(between({"x": old}, {"x": moved})) < 40


def test_equal_bytes_take_no_time():
    assert len(between({"x": bytes(20_000)}, {"x": bytes(30_000)})) < 100


@given(st.binary(max_size=60), st.data())
@settings(max_examples=300)
def test_junk_ends_in_an_error_or_in_no_more_than_was_asked_for(junk, data):
    whole = between({"x": bytes(range(200))}, {"x": bytes(range(100, 250)), "y": b"new"})
    at = data.draw(st.integers(0, len(whole)))
    storage = MemoryStorage({"patch": whole[:at] + junk, "os/x": bytes(range(200))})
    with suppress(DeviceError):
        list(islice(pieces(Patch(storage, "patch").file("x", ("os/",))), 40))
