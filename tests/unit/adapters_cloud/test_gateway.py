import pytest

from domain.errors import CloudError
from tests.fakes.source import whole

from .support import (
    TOKEN,
    answered,
    both,
    code_of,
    error_of,
    fields,
    in_session,
    plain,
    secret,
)

DONE = (200, "", b"")
SETTINGS = {
    "pythings_version": "factory",
    "app_version": "1001",
    "management_interval": "2",
    "worker_interval": "3",
    "battery_operated": False,
    "setup_timeout": 60,
    "ssl": False,
    "payload_encryption": False,
    "pool": "development",
}


@both
def test_management(encrypted):
    value = {"settings": SETTINGS}
    message = {"msg": "grün & gut", "mid": "17fb0bd5-cd80", "type": "APP"}
    gateway, script = in_session(
        answered(value, encrypted), answered({**value, **message}, encrypted), encrypted=encrypted
    )
    assert gateway.management() == (SETTINGS, None)
    assert fields(script, encrypted) == ("apps/management/", {"token": TOKEN})
    assert gateway.management() == (SETTINGS, ("17fb0bd5-cd80", "APP", "grün & gut"))
    assert script.limits[-1] == (851994 if encrypted else 262144)


def test_management_as_recorded():
    body = (
        b'{"settings":{"pythings_version":"factory","app_version":"1001",'
        b'"management_interval":"2","worker_interval":"3","battery_operated":false,'
        b'"setup_timeout":60,"ssl":false,"payload_encryption":false,"pool":"development"},'
        b'"msg":"early","mid":"17fb0bd5-cd80-4abb-9a57-cc1ffa3bf310","type":"APP"}'
    )
    gateway, script = in_session((200, "application/json", body))
    mid = "17fb0bd5-cd80-4abb-9a57-cc1ffa3bf310"
    assert gateway.management() == (SETTINGS, (mid, "APP", "early"))


def test_a_message_may_be_anything_even_nothing():
    for content in (None, 0, "", {"mid": 1}, [1]):
        value = {"settings": {}, "mid": "m", "type": "CMD", "msg": content}
        gateway, script = in_session(plain(value))
        assert gateway.management() == ({}, ("m", "CMD", content))
    gateway, script = in_session(plain({"settings": {}, "mid": None, "msg": None}))
    assert gateway.management() == ({}, None)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        1,
        {},
        {"settings": None},
        {"settings": []},
        {"settings": {}, "mid": 1, "type": "APP"},
        {"settings": {}, "mid": "", "type": "APP"},
        {"settings": {}, "mid": "m"},
        {"settings": {}, "mid": "m", "type": ["APP"]},
    ],
)
@both
def test_a_management_of_another_shape_is_wrong(value, encrypted):
    gateway, script = in_session(answered(value, encrypted), encrypted=encrypted)
    assert code_of(gateway.management) == "wrong"
    assert gateway.in_session()


@both
def test_reply(encrypted):
    done = secret(None) if encrypted else DONE
    gateway, script = in_session(done, done, encrypted=encrypted)
    for content in ({"a & b": ["é", 1.5, None]}, None):
        gateway.reply("17fb", content)
        message = {"mid": "17fb", "rep": content}
        assert fields(script, encrypted) == (
            "things/report/",
            {"token": TOKEN, "what": "management", "status": "OK", "msg": message},
        )


@pytest.mark.parametrize(
    ("what", "text", "sent"),
    [
        ("worker", None, None),
        ("management", None, None),
        ("management", "", ""),
        ("management", "fine", "fine"),
        ("management", "in the middle", {"text": "in the middle"}),  # else a 500
        ("management", "Mid", "Mid"),
        ("worker", "in the middle", "in the middle"),
        ("pythings", "in the middle", "in the middle"),
        ("worker", "x" * 1001, "x" * 1000),
        ("management", "x" * 998 + "mid", "x" * 998 + "mi"),
        ("management", "x" * 997 + "mid", {"text": "x" * 997 + "mid"}),
    ],
)
@both
def test_report(what, text, sent, encrypted):
    gateway, script = in_session(secret(None) if encrypted else DONE, encrypted=encrypted)
    gateway.report(what, "KO", text)
    assert fields(script, encrypted) == (
        "things/report/",
        {"token": TOKEN, "what": what, "status": "KO", "msg": sent},
    )


@both
def test_reading(encrypted):
    done = secret(None) if encrypted else DONE
    gateway, script = in_session(done, done, done, encrypted=encrypted)
    gateway.reading({"t": "21 °C & more"}, 1795402014)
    expected = {"token": TOKEN, "msg": {"t": "21 °C & more"}, "ts": 1795402014}
    assert fields(script, encrypted) == ("apps/worker/", expected)
    gateway.reading("x", None)
    assert fields(script, encrypted) == ("apps/worker/", {"token": TOKEN, "msg": "x"})
    gateway.reading("x", 0)
    assert fields(script, encrypted)[1]["ts"] == 0


def test_a_reading_refused_for_what_it_is():
    words = "Hi, Pythings Cloud here. message too long (513 chars, maximum is 512)"
    gateway, script = in_session(plain(words, 400), plain("x", 500))
    assert error_of(gateway.reading, "x", 1) == ("unacceptable", "the cloud answers 400 " + words)
    assert code_of(gateway.reading, "x", 1) == "trouble"


@pytest.mark.parametrize("value", [{}, [], "", 0, False, "OK"])
@both
def test_only_nothing_says_that_it_was_taken(value, encrypted):
    gateway, script = in_session(*[answered(value, encrypted)] * 3, encrypted=encrypted)
    assert code_of(gateway.reading, 1, None) == "wrong"
    assert code_of(gateway.report, "worker", "OK", None) == "wrong"
    assert code_of(gateway.reply, "m", None) == "wrong"


@both
def test_never_in_the_clear_in_an_encrypted_session(encrypted):
    calls = [
        lambda g: g.management(),
        lambda g: g.reading(1, 1),
        lambda g: g.reply("m", 1),
        lambda g: g.report("worker", "OK", None),
        lambda g: g.app_files("1"),
        lambda g: whole(g.app_file("1", "f")),
        lambda g: whole(g.os_file("1", "p", "f")),
    ]
    for call in calls:
        gateway, script = in_session(plain({"settings": {}}), encrypted=True)
        with pytest.raises(CloudError) as caught:
            call(gateway)
        assert caught.value.code == "not_encrypted"
        assert set(script.sent()[1]) == {"encrypted", "token"}
