"""Answers that are longer than a Thing holds in memory, from a cloud that knows no limits."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from domain.errors import CloudError

from .support import IDENTITY, TEXT, answered, both, code_of, error_of, in_session, plain, secret

SETTINGS = {"app_version": "1001", "ssl": False, "pool": 'a "msg":{ \\'}
MID = "17fb0bd5-cd80-4abb-9a57-cc1ffa3bf310"
LONG = "LONG"
REPLY = "error: the message is too long - send it in parts of 512 bytes"
PAGE = b"<!DOCTYPE html><html>" + b"Log in " * 2000

MESSAGES: dict[str, Any] = {
    "text": "a" * 5000,
    "escapes": '\\"}],{[:' * 700 + "\\",
    "key of its own": {"mid": "another", "msg": "x" * 5000, "type": "CMD"},
    "deep": [[{"msg": ["mid"] * 9}]] * 200,
    "numbers": list(range(2000)),
    "not ascii": "grün €" * 900,
}
names = pytest.mark.parametrize("name", MESSAGES)


@both
@names
def test_the_message_is_left_out_and_its_sender_is_told(name, encrypted):
    value = {"settings": SETTINGS, "msg": MESSAGES[name], "mid": MID, "type": "APP"}
    gateway, _ = in_session(
        answered(value, encrypted),
        answered({"settings": SETTINGS}, encrypted),
        encrypted=encrypted,
        cut=250,
    )
    assert gateway.management() == (SETTINGS, (MID, LONG, REPLY))
    assert gateway.management() == (SETTINGS, None)


ORDERS = list(itertools.permutations(["settings", "msg", "mid", "type"]))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_whatever_the_order_of_the_keys(order, separators):
    value = {"settings": SETTINGS, "msg": {"mid": "x" * 5000}, "mid": MID, "type": "CMD"}
    text = json.dumps({key: value[key] for key in order}, separators=separators)
    gateway, _ = in_session((200, TEXT, text.encode()), cut=1000)
    assert gateway.management() == (SETTINGS, (MID, LONG, REPLY))


@both
def test_what_fits_is_no_less_than_before(encrypted):
    message = "a" * (900 if encrypted else 3900)
    value = {"settings": {}, "msg": message, "mid": MID, "type": "APP"}
    gateway, _ = in_session(answered(value, encrypted), encrypted=encrypted, cut=250)
    assert gateway.management() == ({}, (MID, "APP", message))


@both
def test_a_key_that_ends_like_it_is_no_message(encrypted):
    value = {"settings": SETTINGS, 'a"msg': "x" * 5000}
    gateway, _ = in_session(answered(value, encrypted), encrypted=encrypted, cut=250)
    assert gateway.management() == (SETTINGS, None)


@both
def test_a_long_page_is_a_networks_login(encrypted):
    gateway, _ = in_session(*[(200, TEXT, PAGE)] * 3, encrypted=encrypted)
    for call in (gateway.management, lambda: gateway.app_files("1")):
        code, text = error_of(call)
        assert code == "trouble"
        assert "does this network want a login" in text
    assert error_of(gateway.register, IDENTITY, encrypted, 0)[0] == "trouble"


@both
def test_what_is_too_long_but_for_a_message_is_refused(encrypted):
    long: dict[str, Any] = {"settings": {"pool": "x" * 5000}, "msg": "hi", "mid": MID}
    gateway, script = in_session(
        answered({**long, "type": "APP"}, encrypted),
        answered(["a.py"] * 2000, encrypted),
        encrypted=encrypted,
        cut=250,
    )
    for call in (gateway.management, lambda: gateway.app_files("1")):
        assert code_of(call) == "wrong"
    assert script.limits[-1] == (851994 if encrypted else 262144)


@pytest.mark.parametrize("end", [b"", b'"', b'","mid":7}', b'"}]', b'"}' * 400])
def test_what_is_no_answer_makes_no_sense(end):
    gateway, _ = in_session((200, TEXT, b'{"settings":{},"msg":"' + b"a" * 9000 + end))
    assert code_of(gateway.management) == "wrong"


def test_the_clear_is_not_used_in_an_encrypted_session():
    value = {"settings": {}, "msg": "a" * 9000, "mid": MID, "type": "APP"}
    gateway, _ = in_session(plain(value), secret({"settings": {}}), encrypted=True, cut=250)
    with pytest.raises(CloudError) as caught:
        gateway.management()
    assert caught.value.code == "wrong"
    assert gateway.management() == ({}, None)
