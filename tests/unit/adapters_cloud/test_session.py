import gc
import weakref

import pytest

from adapters.cloud.gateway import Gateway
from adapters.cloud.keys import PUBLIC_MODULUS
from domain.errors import LinkError

from .support import (
    GONE,
    IDENTITY,
    KEY,
    OOPS,
    SESSION,
    TEXT,
    TOKEN,
    Block,
    CloudCipher,
    Crypto,
    Script,
    both,
    code_of,
    error_of,
    in_session,
    key_found,
    plain,
    secret,
)


def test_register():
    script = Script(plain(SESSION))
    gateway = Gateway(script, Crypto())
    assert not gateway.in_session()
    assert gateway.register(IDENTITY, False, 0) == 1795402014
    assert gateway.in_session()
    assert script.sent() == ("things/register/", IDENTITY)
    assert script.limits == [262144]


def test_registering_again_sends_no_old_token():
    gateway, script = in_session(plain({"token": "new", "epoch": 7}), plain({"settings": {}}))
    assert gateway.register(IDENTITY, False, 0) == 7
    assert "token" not in script.sent()[1]
    gateway.management()
    assert script.sent()[1] == {"token": "new"}


@pytest.mark.parametrize("again", [False, True])
def test_register_encrypted(pair, again):
    modulus = pair.public_numbers.n
    opening = [secret({"token": "pre"}), secret(SESSION)]
    script = Script(*([plain(SESSION)] if again else []), *opening, secret({"settings": {}}))
    gateway = Gateway(script, Crypto())
    if again:
        gateway.register(IDENTITY, False, 0)
    assert gateway.register(IDENTITY, True, modulus) == 1795402014

    path, body = script.sent(-2)
    assert path == "things/preregister/"
    assert (body.pop("kty"), body.pop("ken")) == ("aes128ecb", "srsa1")
    [sealed] = body.pop("key")
    assert body == {}
    assert key_found(pow(sealed, pair.d, modulus).to_bytes(120, "big")) == KEY

    path, raw = script.asked[-1]
    assert path == "things/register/"
    assert CloudCipher().request(raw) == {**IDENTITY, "token": "pre"}
    gateway.management()
    assert CloudCipher().request(script.asked[-1][1]) == {"token": TOKEN}


def test_without_a_modulus_the_public_clouds_is_used():
    bodies = []
    for modulus in (0, PUBLIC_MODULUS):
        script = Script(secret({"token": "pre"}), secret(SESSION))
        Gateway(script, Crypto()).register(IDENTITY, True, modulus)
        bodies.append(script.asked[0])
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "token",
        {},
        {"token": "t"},
        {"token": "t", "epoch": "1795402014"},
        {"token": "t", "epoch": 1795402014.0},
        {"token": "t", "epoch": True},
        {"token": "t", "epoch": 0},
        {"token": "t", "epoch": -1},
        {"token": "t", "epoch": 2**32},
        {"epoch": 1},
        {"token": "", "epoch": 1},
        {"token": None, "epoch": 1},
        {"token": 7, "epoch": 1},
        {"token": "x" * 65, "epoch": 1},
        {"token": "a b", "epoch": 1},
        {"token": "é", "epoch": 1},
        {"token": "\x7f", "epoch": 1},
    ],
)
def test_a_register_without_a_session_is_wrong(value):
    gateway = Gateway(Script(plain(value), secret({"token": "pre"}), secret(value)), Crypto())
    for encrypted in (False, True):
        assert code_of(gateway.register, IDENTITY, encrypted, 0) == "wrong"
        assert not gateway.in_session()


@pytest.mark.parametrize("value", [None, [], "token", {}, {"token": ""}, {"token": 1}])
def test_a_preregister_without_a_token_is_wrong(value):
    script = Script(secret(value))
    assert code_of(Gateway(script, Crypto()).register, IDENTITY, True, 0) == "wrong"
    assert len(script.asked) == 1


def test_bounds_of_what_register_takes():
    for token, epoch in (("x" * 64, 1), ("!~", 2**32 - 1)):
        script = Script(plain({"token": token, "epoch": epoch}), plain({"settings": {}}))
        gateway = Gateway(script, Crypto())
        assert gateway.register(IDENTITY, False, 0) == epoch
        gateway.management()
        assert script.sent()[1] == {"token": token}


def test_a_failed_register_leaves_no_session():
    gateway, script = in_session(plain('... AID "nope" is not valid.', 401))
    assert code_of(gateway.register, IDENTITY, False, 0) == "refused"
    assert not gateway.in_session()
    gateway, script = in_session(secret({"token": "pre"}), (500, TEXT, OOPS))
    assert code_of(gateway.register, IDENTITY, True, 0) == "trouble"
    assert not gateway.in_session()
    assert code_of(gateway.management) == "session"


def test_a_key_that_the_cloud_cannot_read_is_the_keys_fault():
    words = "Hi, Pythings Cloud here. Error: got error in decrypting public-key encrypted text."
    gateway = Gateway(Script(plain(words + "x" * 99, 400)), Crypto())
    assert code_of(gateway.register, IDENTITY, True, 0) == "refused"
    gateway = Gateway(Script(plain(words, 400)), Crypto())
    code, text = error_of(gateway.register, IDENTITY, True, 0)
    assert code == "refused"
    assert text == (
        "the cloud answers 400 %s - give the Thing this cloud's public key, in cloud_key" % words
    )


def test_other_trouble_with_the_key_is_as_ever():
    for answer, code in (
        (plain("... ken must be srsa1", 401), "refused"),
        ((500, TEXT, OOPS), "trouble"),
        (plain({"token": "pre"}), "not_encrypted"),
    ):
        script = Script(answer)
        assert code_of(Gateway(script, Crypto()).register, IDENTITY, True, 0) == code
        assert len(script.asked) == 1


def test_a_cloud_that_stops_encrypting_in_register_gets_no_session():
    gateway = Gateway(Script(secret({"token": "pre"}), plain(SESSION)), Crypto())
    assert code_of(gateway.register, IDENTITY, True, 0) == "not_encrypted"
    assert not gateway.in_session()


def test_another_backend_in_the_same_session():
    gateway, script = in_session(plain({"settings": {}}))
    gateway.use("example.org:8080", False)
    assert script.used == [("example.org:8080", False)]
    gateway.management()
    assert script.sent()[1] == {"token": TOKEN}


@both
def test_forget(encrypted):
    gateway, script = in_session(plain(SESSION), plain({"settings": {}}), encrypted=encrypted)
    gateway.forget()
    assert script.closed == 1
    assert not gateway.in_session()
    asked = len(script.asked)
    expected = ("session", "there is no session - the Thing registers first")
    assert error_of(gateway.management) == expected
    assert error_of(gateway.reading, 1, None) == expected
    assert len(script.asked) == asked
    gateway.register(IDENTITY, False, 0)  # in the clear again: the key is gone too
    gateway.management()
    assert script.sent()[1] == {"token": TOKEN}


@both
def test_a_session_that_the_cloud_has_ended(encrypted):
    gateway, script = in_session(GONE, encrypted=encrypted)
    assert code_of(gateway.management) == "session"
    assert not gateway.in_session()
    assert code_of(gateway.management) == "session"
    assert script.closed == 0


@both
def test_trouble_does_not_end_the_session(encrypted):
    gateway, script = in_session((500, TEXT, OOPS), encrypted=encrypted)
    assert code_of(gateway.management) == "trouble"
    assert gateway.in_session()


def test_nothing_shows_token_or_key():
    gateway, script = in_session(encrypted=True)
    assert TOKEN not in repr(gateway) and TOKEN not in str(gateway)


def test_the_links_errors_pass():
    def broken(path, body):
        raise LinkError("timeout", "nobody there")

    gateway, script = in_session(broken)
    with pytest.raises(LinkError):
        gateway.management()
    assert gateway.in_session()


def test_a_session_keeps_no_cipher(monkeypatch):
    """It takes half a kilobyte on a board, and all the code of its file."""
    alive: weakref.WeakSet[Block] = weakref.WeakSet()

    def aes(_crypto, key):
        made = Block(key)
        alive.add(made)
        return made

    monkeypatch.setattr(Crypto, "aes", aes)
    gateway, _ = in_session(secret({"settings": {}}), encrypted=True)
    gateway.management()
    gc.collect()
    assert gateway.in_session() and not alive
