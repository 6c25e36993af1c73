"""Encrypted sessions: encrypted answers, plain ones, and text that cannot travel."""

import json

import pytest

from app.cloud.cipher import SessionCipher
from tests.unit.cloud.wire import TROUBLE, Thing, transport

HTML = "text/html; charset=utf-8"


def test_preregister(cloud, wire, aid, admin):
    thing = Thing(wire, aid)
    answer = thing.preregister(cloud.ready.modulus)
    assert answer.status == 200
    assert answer.header("Content-Type") == HTML
    assert len(answer.body) == 195
    assert set(answer.body) <= set(b"0123456789&")
    assert thing.clear(answer) == json.dumps({"token": thing.token})
    token = thing.token
    assert thing.register(platform="Python").status == 200
    assert thing.token == token
    assert admin.thing(thing.tid)["encrypted"] is True


def test_one_padded_piece_is_enough(cloud, wire, aid):
    text = "k" * 40 + "57811460909138771071931939740208549692" + "q" * 41
    key = transport(text, cloud.ready.modulus, 120)
    assert len(key) == 1
    answer = wire.post("things/preregister/", {"key": key, "kty": "any", "ken": "srsa1"})
    clear = SessionCipher(57811460909138771071931939740208549692).decrypt(answer.body.decode())
    assert list(json.loads(clear)) == ["token"]


@pytest.mark.parametrize("name", ["key", "kty", "ken"])
def test_preregister_needs_its_fields(wire, name):
    fields = {"key": [1], "kty": "aes128ecb", "ken": "srsa1", name: None}
    answer = wire.post("things/preregister/", fields)
    assert answer.status == 401
    assert answer.json().endswith("key/kty/ken are all required.")


def test_keys_that_are_none(cloud, wire):
    def preregister(key, ken="srsa1"):
        fields = {"key": key, "kty": "aes128ecb", "ken": ken}
        return wire.post("things/preregister/", fields)

    assert preregister([1], "rsa").status == 401
    for key in ("1", {"a": 1}, ["1"], [1.5], [pow(0xFFFF, 65537, cloud.ready.modulus)]):
        answer = preregister(key)
        assert answer.status == 400
        assert answer.header("Content-Type") == "application/json"
        assert answer.json().endswith("got error in decrypting public-key encrypted text.")
    for text in ("letters", str(2**128), "9" * 4 * 60):
        answer = preregister(transport(text, cloud.ready.modulus))
        assert (answer.status, answer.body) == (500, TROUBLE)


def test_answers_are_spaced_and_escaped(sealed, admin):
    sealed.report("OK")
    admin.send_message(sealed.tid, {"a": "é & ü", "b": 1})
    answer = sealed.call("apps/management/")
    assert answer.header("Content-Type") == HTML
    clear = sealed.clear(answer)
    assert '"msg": {"a": "\\u00e9  \\u00fc", "b": 1}, "mid": "' in clear  # the & is lost


def test_an_escaped_ampersand_arrives(sealed, admin):
    coded = sealed.cipher.encrypt('{"msg": "a \\u0026 b"}')
    answer = sealed.wire.post("apps/worker/", {"encrypted": coded, "token": sealed.token})
    assert (answer.status, sealed.clear(answer)) == (200, "null")
    assert len(answer.body) == 39
    assert sealed.call("apps/worker/", msg="a & b").status == 200
    assert [reading["msg"] for reading in admin.readings(sealed.tid)] == ["a & b", "a  b"]


def test_nothing_is_null(sealed):
    answer = sealed.report("OK")
    assert (answer.status, sealed.clear(answer)) == (200, "null")
    assert answer.header("Content-Type") == HTML


def test_files_are_encrypted_whole(sealed, admin, aid):
    admin.commit(aid, {"management_task.py": "m = 1 & 2"}, "1001")
    answer = sealed.call("apps/get/", version="1001", file_name="management_task.py")
    assert answer.header("Content-Type") == HTML
    assert sealed.clear(answer) == "import logger\nm = 1  2\nversion='1001'"
    listed = sealed.call("pythings/get/", version="v9", platform="Python", list=True)
    assert json.loads(sealed.clear(listed))["api.py"] == "13"
    empty = sealed.call("pythings/get/", version="v9", platform="Python", file_name="empty.py")
    assert (empty.status, empty.body) == (200, b"")


def test_a_file_that_is_not_ascii_cannot_travel(sealed, admin, aid):
    admin.commit(aid, {"a.py": "é" * 40}, "1001")
    answer = sealed.call("apps/get/", version="1001", file_name="a.py")
    assert (answer.status, answer.body) == (500, TROUBLE)


def test_errors_are_encrypted_except_the_worst(sealed, admin):
    answer = sealed.call("apps/worker/", msg="x" * 511)
    assert answer.status == 400
    assert sealed.read(answer).endswith("(513 chars, maximum is 512)")
    assert answer.header("Content-Type") == HTML
    answer = sealed.call("pythings/get/", version="v1", platform="P", list=True)
    assert (answer.status, "Could not find" in sealed.read(answer)) == (404, True)
    answer = sealed.call("apps/get/", version="unknown", list=True)
    assert (answer.status, answer.body) == (500, TROUBLE)
    admin.expire(sealed.tid)
    answer = sealed.call("apps/management/")
    assert (answer.status, answer.header("Content-Type")) == (401, HTML)
    assert sealed.read(answer).endswith("token not found (managemet api).")


def test_a_plain_request_is_answered_plain(sealed):
    answer = sealed.wire.post("apps/management/", {"token": sealed.token})
    assert answer.status == 200
    assert "settings" in answer.json()


def test_encrypted_without_a_token(wire):
    answer = wire.post("apps/management/", {"encrypted": "1"})
    assert answer.status == 401
    assert answer.json().endswith("token is missing.")


def test_encrypted_for_a_session_that_has_no_key(wire, thing):
    for token in (thing.token, "unknown"):
        answer = wire.post("apps/management/", {"encrypted": "1", "token": token})
        assert (answer.status, answer.body) == (500, TROUBLE)


@pytest.mark.parametrize("clear", ["[1]", '"x"', "5", "{", "", "{'a': 1}", "NaN"])
def test_clear_text_that_is_no_object(sealed, clear):
    coded = sealed.cipher.encrypt(clear) or "1"
    answer = sealed.wire.post("apps/management/", {"encrypted": coded, "token": sealed.token})
    assert (answer.status, answer.body) == (500, TROUBLE)


@pytest.mark.parametrize("coded", ["x", "1" * 39, "&", ["1"], {"a": 1}, 5, "9" * 80])
def test_what_is_not_encrypted(sealed, coded):
    answer = sealed.wire.post("apps/management/", {"encrypted": coded, "token": sealed.token})
    assert (answer.status, answer.body) == (500, TROUBLE)


def test_registering_anew_needs_a_new_preregister(cloud, sealed):
    assert sealed.register().status == 200  # with its own token: the trap
    assert sealed.call("apps/management/").status == 401
    sealed.preregister(cloud.ready.modulus)
    sealed.register()
    assert "settings" in sealed.management()


@pytest.mark.parametrize(
    ("platform", "identity", "told"),
    [
        ("esp8266", {"identity": 1}, (False, True)),
        ("esp8266_sim800", {"identity": 1}, (False, True)),
        ("esp8266", {}, (True, False)),  # the predecessor
        ("esp32", {"identity": 1}, (True, False)),
    ],
)
def test_a_board_that_verifies_no_tls_is_told_what_it_does(
    cloud, wire, aid, admin, platform, identity, told
):
    admin.set_pool(aid, "development", {"ssl": True, "payload_encryption": False})
    it = Thing(wire, aid)
    it.preregister(cloud.ready.modulus)
    it.register(platform=platform, **identity)
    settings = it.read(it.call("apps/management/"))["settings"]
    assert (settings["ssl"], settings["payload_encryption"]) == told
    plain = Thing(wire, aid)
    plain.register(platform=platform, **identity)
    settings = plain.read(plain.call("apps/management/"))["settings"]
    assert (settings["ssl"], settings["payload_encryption"]) == (True, False)
