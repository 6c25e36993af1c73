import json

import pytest

from adapters.cloud.codec import answer, request
from domain.errors import CloudError

from .support import JSON, OOPS, TEXT, CloudCipher, block, code_of, coded, error_of, plain, secret

PAGE = b"<!DOCTYPE html><html><body><h1>Log in</h1></body></html>"
PORTAL = "a page instead of an answer - does this network want a login in a browser?"
CLEAR = "the cloud answers in the clear - switch payload_encryption off if it cannot do better"
NONSENSE = "the cloud's answer makes no sense - is this a Pythings Cloud?"


def of(status, kind, body, aes=None):
    return error_of(answer, status, kind, body, aes)


# requests


def test_a_plain_request():
    assert request({"a": "é&"}, None, None) == b'{"a":"\\u00e9\\u0026"}'
    assert request({"a": 1}, "t", None) == b'{"a":1,"token":"t"}'
    assert request({}, "t", None) == b'{"token":"t"}'
    assert request({}, None, None) == b"{}"


def test_an_encrypted_request_leaves_the_token_alone_in_the_clear():
    body = request({"msg": "a & ü"}, "t", block())
    assert set(json.loads(body)) == {"encrypted", "token"}
    assert CloudCipher().request(body) == {"msg": "a & ü", "token": "t"}
    assert request({}, "t", block()) == (
        b'{"encrypted":"21745452565773413990635075880228185420&","token":"t"}'
    )


def test_what_json_cannot_say_is_unacceptable():
    endless: list[object] = []
    endless.append(endless)
    expected = ("unacceptable", "what is to be sent cannot be written as JSON")
    assert error_of(request, {"msg": endless}, "t", None) == expected


# answers


def test_plain_values():
    assert answer(200, JSON, b'{"token":"t","epoch":1795401836}', None) == {
        "token": "t",
        "epoch": 1795401836,
    }
    assert answer(200, JSON, '{"msg":"grün"}'.encode(), None) == {"msg": "grün"}
    assert answer(200, "", b"", None) is None
    assert answer(200, JSON, b"null", None) is None


def test_encrypted_values():
    assert answer(*secret({"msg": "grün & gut"}), block()) == {"msg": "grün & gut"}
    assert answer(*secret(None), block()) is None


@pytest.mark.parametrize(
    "body", [b"{", b"[1,", b"nul", b"\xff\xfe", b"x" * 99, b"[" * 9999, b"1" * 39 + b"&"]
)
def test_what_is_not_json_is_wrong(body):
    assert of(200, JSON, body) == ("wrong", NONSENSE)


def test_an_encrypted_answer_of_another_key_or_none_is_wrong():
    body = CloudCipher(1).encrypt("null").encode()
    assert of(200, TEXT, body, block()) == (
        "wrong",
        "the cloud's encrypted answer cannot be read",
    )
    assert code_of(answer, 200, TEXT, b"123", block()) == "wrong"
    assert of(*coded("{"), block()) == ("wrong", NONSENSE)


@pytest.mark.parametrize("aes", [None, block()])
@pytest.mark.parametrize("body", [PAGE, b"\r\n  " + PAGE, b" " * 63 + b"<", b"<"])
def test_a_page_is_a_captive_portal(body, aes):
    assert of(200, TEXT, body, aes) == ("trouble", PORTAL)


@pytest.mark.parametrize("body", [b"", b"null", b'{"settings":{}}', b'"a"', b"&" * 39, b" 1"])
@pytest.mark.parametrize("kind", [TEXT, JSON, ""])
def test_a_clear_answer_in_an_encrypted_session(kind, body):
    assert of(200, kind, body, block()) == ("not_encrypted", CLEAR)


def test_json_is_clear_whatever_it_looks_like():
    assert of(200, JSON, b"268482816633265778559675523318587312825", block())[0] == "not_encrypted"


# errors: status, the cloud's words, code, the next step

HI = "Hi, Pythings Cloud here. "
AGAIN = " - the Thing registers again"
LOGIN = " - does this network want a login in a browser?"
MOVED = " - does this network want a login, or is backend wrong?"
LIMITS = " - check the App id and the limits of its account"
BEFORE = " - is a firewall or proxy before it, or are backend and ssl wrong?"
SAID = [
    (401, HI + "Error: token not found.", "session", AGAIN),
    (401, HI + "Error: token not found (managemet api).", "session", AGAIN),
    (401, HI + "Soory, could not find token.", "session", AGAIN),
    (400, HI + 'Sorry, but I got an empty "token".', "session", AGAIN),
    (401, "Token?", "session", AGAIN),
    (401, HI + 'Error: AID "nope" is not valid.', "refused", LIMITS),
    (403, "token", "refused", LIMITS),
    (401, "Sorry, but you reached the messages limit for your account!", "refused", LIMITS),
    (400, "Wrong data format", "unacceptable", ""),
    (400, HI + "message too long (513 chars, maximum is 512)", "unacceptable", ""),
    (404, HI + "Could not find platform 'P' or version 'V'.", "not_found", ""),
    (500, "token", "trouble", " - it is tried again later"),
    (503, "busy", "trouble", " - it is tried again later"),
    (408, "slow", "trouble", " - it is tried again later"),
    (429, "many", "trouble", " - it is tried again later"),
    (300, "moved", "redirected", MOVED),
    (399, "moved", "redirected", MOVED),
    (511, "Log in", "trouble", LOGIN),
    (413, "large", "unacceptable", ""),
    (418, "tea", "wrong", " - is this a Pythings Cloud?"),
    (204, "no", "wrong", " - is this a Pythings Cloud?"),
    (299, "no", "wrong", " - is this a Pythings Cloud?"),
]


@pytest.mark.parametrize(("status", "said", "code", "step"), SAID)
def test_errors_in_words(status, said, code, step):
    expected = (code, "the cloud answers %d %s%s" % (status, said, step))
    assert of(*plain(said, status)) == expected
    assert of(*plain(said, status), block()) == expected  # from before it knows the session
    assert of(*secret(said, status), block()) == expected


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (301, b"", "redirected"),
        (302, PAGE, "redirected"),
        (400, b"", "unacceptable"),
        (400, PAGE, "wrong"),  # of a web server: perhaps it wants TLS
        (400, b"1" * 39, "unacceptable"),
        (401, PAGE + b"token", "refused"),
        (403, PAGE, "refused"),
        (404, b"<h1>Not Found</h1><p>The requested URL", "wrong"),
        (404, b"", "wrong"),
        (404, b"[]", "wrong"),
        (413, PAGE, "unacceptable"),
        (500, PAGE, "trouble"),
        (511, PAGE, "trouble"),
        (401, b'"token' + b"\xff" + b'"', "refused"),
        (401, b'{"detail":"token"}', "refused"),
    ],
)
def test_errors_without_words(status, body, code):
    for aes in (None, block()):
        got, text = of(status, TEXT, body, aes)
        assert got == code
        assert text.startswith("the cloud answers %d" % status)
        assert "  " not in text and len(text) < 100


def test_no_words_and_no_step():
    assert of(400, "", b"") == ("unacceptable", "the cloud answers 400")
    assert of(404, "", b"") == ("wrong", "the cloud answers 404" + BEFORE)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 407, 451])
def test_a_page_of_something_before_the_cloud_does_not_blame_the_app_id(status):
    for body in (PAGE, PAGE + b" " * 3000):
        assert of(status, TEXT, body)[1] == "the cloud answers %d%s" % (status, BEFORE)


def test_the_standard_trouble():
    code, text = of(500, JSON, OOPS, block())
    assert code == "trouble"
    assert text.startswith("the cloud answers 500 Hi, Pythings Cloud here. It seems")


def test_words_are_bounded_and_printable():
    code, text = of(*plain("\x1b[2J" + "é" * 2 + "~ " + "x" * 1000, 400))
    assert text == "the cloud answers 400 ?[2J??~ " + "x" * 112
    for status in (400, 401, 404, 500, 301, 403):
        assert code_of(answer, *plain("x" * 1500 + "\n", status), None)


def test_long_errors_are_not_the_apis():
    body = b'"%s"' % (b"x" * 2046)
    assert of(401, JSON, body)[1].startswith("the cloud answers 401 xxx")
    assert of(401, JSON, body[:-1] + b'x"') == ("refused", "the cloud answers 401" + BEFORE)


@pytest.mark.parametrize(
    ("kind", "wait"),
    [("", 0), (JSON, 0), ("0", 0), ("1", 1), ("30", 30), ("3600", 3600), ("9" * 200, 3600)],
)
@pytest.mark.parametrize("status", [429, 503])
def test_how_long_it_asks_to_wait_is_bounded(status, kind, wait):
    with pytest.raises(CloudError) as caught:
        answer(status, kind, b"", None)
    assert (caught.value.code, caught.value.wait_s) == ("trouble", wait)
