"""For any answer, a call returns a value of its shape or raises CloudError."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cloud.gateway import Gateway
from domain.errors import CloudError
from tests.fakes.source import whole

from .support import IDENTITY, JSON, TEXT, CloudCipher, Crypto, Script, in_session


def _names(value):
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _managed(value):
    settings, message = value
    if message is not None:
        mid, kind, _ = message
        assert isinstance(mid, str) and isinstance(kind, str)
    return isinstance(settings, dict)


def _nothing(value):
    return value is None


def _bytes(value):
    return isinstance(value, bytes)


CALLS = {
    "management": (lambda g: g.management(), _managed),
    "reply": (lambda g: g.reply("m", 1), _nothing),
    "reading": (lambda g: g.reading(1, 1), _nothing),
    "report": (lambda g: g.report("management", "KO", "mid"), _nothing),
    "app_files": (lambda g: g.app_files("1"), _names),
    "app_file": (lambda g: whole(g.app_file("1", "f")), _bytes),
    "os_file": (lambda g: whole(g.os_file("1", "p", "f")), _bytes),
}

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["settings", "mid", "msg", "type", "token", "epoch", "x"]), inner
        )
    ),
    max_leaves=8,
)
TEXTS = VALUES.map(json.dumps)
BODIES = (
    st.binary(max_size=200)
    | st.text("0123456789&", max_size=200).map(str.encode)
    | TEXTS.map(str.encode)
    | TEXTS.map(CloudCipher().encrypt).map(str.encode)
    | st.text(max_size=60).map(lambda text: CloudCipher().encrypt(text).encode())
)
STATUS = st.sampled_from([200] * 6 + [204, 301, 400, 401, 403, 404, 500, 503]) | st.integers(
    100, 599
)
ANSWERS = st.tuples(STATUS, st.sampled_from([JSON, TEXT, ""]), BODIES)


@pytest.mark.parametrize("name", CALLS)
@given(answer=ANSWERS, encrypted=st.booleans(), cut=st.integers(1, 99))
def test_any_answer(name, answer, encrypted, cut):
    call, right = CALLS[name]
    gateway, script = in_session(answer, encrypted=encrypted, cut=cut)
    try:
        value = call(gateway)
    except CloudError as error:
        assert 0 < len(error.text) <= 200 and error.text.isprintable()
        assert gateway.in_session() == (error.code != "session")
        return
    assert right(value)


@given(st.lists(ANSWERS, min_size=2, max_size=2), st.booleans())
def test_any_answer_to_register(answers, encrypted):
    gateway = Gateway(Script(*answers), Crypto())
    try:
        epoch = gateway.register(IDENTITY, encrypted, 0)
    except CloudError as error:
        assert 0 < len(error.text) <= 200 and error.text.isprintable()
        assert not gateway.in_session()
        return
    assert 0 < epoch < 2**32
    assert gateway.in_session()
