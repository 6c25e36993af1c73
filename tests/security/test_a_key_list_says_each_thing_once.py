"""An attacker signs ambiguous key lists, or finds an old one.

Each fact is stated once and in one way: `number` and `needs`, a key under one name. A list expires,
and a Thing that is late can still catch up. T1, T3, T7.
"""

from __future__ import annotations

import base64

import pytest

from adapters.linux.crypto import LinuxCrypto
from build.release.texts import signed
from domain.errors import CloudError
from domain.security import trust
from tests.fakes.signers import EXPIRES, key_list, manifest, signer
from tests.security.forging import WHOLE, genuine, offer

CRYPTO = LinuxCrypto()


def again(*lines, **more):
    """Return a key list with additional lines, signed by the right root."""
    text = key_list(by=(), **more)
    return signed(text + b"".join(line + b"\n" for line in lines), [signer("root")])


def key_line(modulus, role="release"):
    return b"key %s %s" % (role.encode(), base64.b64encode(modulus))


N = signer("third").modulus


@pytest.mark.parametrize(
    "line",
    [
        b"number 1",
        b"number 2",
        b"needs root 1",
        b"needs release 9",
        key_line(signer("release").modulus),
        key_line(b"\0" + N),
        key_line(b"\0\0" + N),
        key_line(b"\x7f" + b"\xff" * 255),  # 2047 bits
        key_line(b"\xff" * 513),
        key_line(N) + b"=",
        key_line(N)[:-1] + b" ",
        key_line(N).replace(b"key ", b"key  "),
        b"revoked x\nrevoked x",
        b"revoked @1\nrevoked @2",
        b"revoked @",
        b"revoked @01",
        b"needs app 01",
        b"",
        b"key app",
        b"surprise",
    ],
    ids=range(20),
)
def test_what_is_said_twice_or_in_another_way_is_refused(line):
    with pytest.raises(CloudError) as caught:
        trust.first_keys(again(line), CRYPTO)
    assert "(security T1)" in caught.value.text
    event, thing = offer(again(line), genuine(1)[1])
    assert event == "rejected"
    assert thing.storage.put == []


def test_one_key_is_one_key_whatever_it_is_called():
    """One key under two names does not reach a threshold of two."""
    double = again(key_line(b"\0" + N), release=("third",), needs=2)
    text = manifest("2.1.0", by=())
    lines = signer("third").sign(text)
    name = CRYPTO.sha256(b"\0" + N)[:8].hex().encode()
    more = lines.replace(signer("third").id.encode(), name)
    served = {**genuine(1)[1], "release.txt": text + lines + more}
    assert offer(double, served)[0] == "rejected"


def test_the_same_key_may_have_two_roles():
    trust.first_keys(again(key_line(signer("release").modulus, "app")), CRYPTO)


def test_the_lists_of_before_are_read():
    keys = trust.first_keys(key_list(), CRYPTO)
    assert (keys.number, keys.expires) == (1, 0)


# lists expire


def test_a_list_that_has_expired_signs_no_release():
    served = genuine(1)[1]
    event, thing = offer(key_list(expires=1), served)
    assert event == "rejected"
    assert "(security T7)" in thing.console.named("update_failed")[-1]["text"]
    assert thing.storage.put == []
    assert offer(key_list(expires=EXPIRES), served)[0] == "committed"


def test_who_is_late_catches_up():
    """An expired list still names the signer of the next one, which a release brings along."""
    served = {
        **genuine(1)[1],
        "keys.2": key_list(2, expires=2),
        "keys.3": key_list(3, expires=EXPIRES),
    }
    event, thing = offer(key_list(expires=1), served)
    assert event == "committed"
    assert thing.storage.files["trust"] == served["keys.3"]
    assert {n[5:]: d for n, d in thing.storage.files.items() if n.startswith("os.a/")} == WHOLE


def test_a_stranger_does_not_help_who_is_late():
    served = {**genuine(1)[1], "keys.2": key_list(2, expires=EXPIRES, by=("stranger",))}
    event, thing = offer(key_list(expires=1), served)
    assert event == "rejected"
    assert thing.storage.files["trust"] == key_list(expires=1)


def test_an_older_os_takes_the_expiry_for_a_name():
    """The line is `revoked NAME` for a key that does not exist; all other lines are as before."""
    lines = key_list(expires=EXPIRES).split(b"\n")
    assert b"revoked @%d" % EXPIRES in lines
    assert {line.split(b" ")[0] for line in lines} <= {
        *(b"pythings-keys", b"number", b"needs", b"key", b"revoked", b"sign", b"")
    }
