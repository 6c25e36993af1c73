import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cloud.jsontext import dump

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # All of Unicode, lone surrogates too.
    | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(VALUES)
def test_reads_back_and_is_fit_for_the_cipher(value):
    text = dump(value)
    assert json.loads(text) == value
    assert text.isascii() and text.isprintable()
    assert "&" not in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, "{}"),
        ([], "[]"),
        ("", '""'),
        (("a", 1), '["a",1]'),
        ({"a": {"b": [1, 2.5, None]}, "c": True}, '{"a":{"b":[1,2.5,null]},"c":true}'),
        ("a & b", '"a \\u0026 b"'),
        ('"\\', '"\\u0022\\u005c"'),
        ("~\x7f \x1f\n\0", '"~\\u007f \\u001f\\u000a\\u0000"'),
        ("é\uffff", '"\\u00e9\\uffff"'),
        ("\U00010000\U0010ffff", '"\\ud800\\udc00\\udbff\\udfff"'),
        ("😀", '"\\ud83d\\ude00"'),
        ({2: 0, None: 0, True: 0, 2.5: 0}, '{"2":0,"2.5":0,"null":0,"true":0}'),
        ([math.nan, math.inf, -math.inf, 0.0, -0.5], "[null,null,null,0.0,-0.5]"),
        (b"x", "\"b'x'\""),
        ({"a": {1}}, '{"a":"{1}"}'),
    ],
)
def test_as_written(value, text):
    assert dump(value) == text
