"""The size of a message, as the cloud counts it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from domain.readings.message import MAX_READING, problem_with, wire_length
from tests.unit.domain.readings.values import JSON

KEYS = st.text() | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False)


@given(JSON)
@example('\x1f\x7f\x80é\ud800\uffff\U0001f600"\\/\n\r\t\b\f\x0b~ ')
@example({"a": [], "b": {}, "c": [1], "d": [[], [1, 2]]})
def test_counts_as_json_does(value):
    assert wire_length(value) == len(json.dumps(value))


@given(st.dictionaries(KEYS, JSON, max_size=4))
def test_keys_that_are_no_text(value):
    assert wire_length(value) == len(json.dumps(value))


def test_tuples_are_lists():
    assert wire_length((1, (2, 3), ())) == len(json.dumps([1, [2, 3], []]))


def test_limit():
    assert MAX_READING == 512
    assert problem_with("x" * 510) == ""
    assert problem_with("x" * 511).startswith("the worker returned 513 characters of JSON")
    assert problem_with("é" * 85) == ""
    assert "takes 512" in problem_with("é" * 86)


def test_nothing_empty():
    empty: tuple[Any, ...] = ("", 0, False, {}, [], None, 0.0)
    for value in empty:
        assert repr(value) in problem_with(value)
        assert "return None for nothing" in problem_with(value)
    for value in ("0", 1, True, {"a": 0}, [0]):
        assert problem_with(value) == ""
