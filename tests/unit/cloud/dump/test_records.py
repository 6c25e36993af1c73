"""The reader of dumps, against Python's own reader of the whole text."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cloud.api.body import parse_json
from app.cloud.dump.records import BadDump, Records
from app.cloud.values import Unshowable

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
lists = st.lists(st.dictionaries(st.text(max_size=3), values, max_size=3), max_size=4)
texts = st.builds(
    json.dumps, lists | values, ensure_ascii=st.booleans(), indent=st.sampled_from([None, 1])
)
pieces = st.text('[]{},:"\\ \n\ufeff0-1.eNtrue\x00é', max_size=4)


def expected(data: bytes) -> list[object] | None:
    """Return the list of objects in a text, None if it is something else."""
    try:
        value = parse_json(data.decode("utf-8-sig"), 10**6)
    except Unshowable:  # looked at later
        value = json.loads(data.decode("utf-8-sig"))
    except ValueError:
        return None
    return value if isinstance(value, list) and all(isinstance(it, dict) for it in value) else None


def found(data: bytes, chunk: int) -> list[object] | None:
    try:
        return list(Records(io.BytesIO(data), chunk=chunk))
    except BadDump:
        return None


@settings(max_examples=150, deadline=None)
@given(texts, pieces, st.integers(0, 200), st.integers(0, 4), st.integers(1, 40))
def test_any_text_is_read_as_a_whole_one(text, piece, at, cut, chunk):
    """A text with a piece put in or cut out, read in chunks of any size."""
    data = (text[:at] + piece + text[at + cut :]).encode("utf-8", "surrogatepass")
    assert found(data, chunk) == expected(data)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", "no [ at its start"),
        (b"{}", "no [ at its start"),
        (b"[{},", "cut off after 1 records"),
        (b"[{}", "no ] after record 1"),
        (b"[{},]", "Record 2 of the dump is no object"),
        (b"[1]", "Record 1 of the dump is no object"),
        (b'[{"a": 1}, {"b": "c', "Record 2 of the dump cannot be read"),
        (b'[{"a": NaN}]', "Record 1 of the dump cannot be read"),
        (b"[]x", "more after"),
        (b'[{"\xff": 1}]', "not UTF-8"),
        (b'[{"\xc3', "not UTF-8"),
        (b"[" + b'{"a":' * 100_000, "Record 1 of the dump cannot be read"),
    ],
)
def test_no_list_of_objects(data, error):
    with pytest.raises(BadDump) as told:
        list(Records(io.BytesIO(data)))
    assert error in str(told.value)


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_a_record_has_a_longest_length(chunk):
    data = json.dumps([{"a": "x" * 91}]).encode()  # 100 characters between the brackets
    assert list(Records(io.BytesIO(data), 100, chunk)) == json.loads(data)
    with pytest.raises(BadDump, match="longer than 99"):
        list(Records(io.BytesIO(data), 99, chunk))


def test_memory_is_that_of_one_record():
    records = Records(io.BytesIO(b"[" + b",".join([b'{"a": 1}'] * 5000) + b"]"), chunk=1000)
    for number, _ in enumerate(records):
        assert len(records._text) <= 2000, number
