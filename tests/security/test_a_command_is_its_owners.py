"""An attacker sends and replays commands to a Thing that executes signed ones only.

A command is executed only if a key of the Thing's list has signed it, for this Thing, once, and
before it expires. docs/security.md, 11.
"""

from __future__ import annotations

import sys
from io import StringIO

import pytest
from hypothesis import given, settings

from adapters.linux.crypto import LinuxCrypto
from app.cli import command as commands
from build.release.commandsign import MOST, command, role
from build.release.keystore import KeyStore
from build.release.signing import ReleaseError
from build.release.texts import KeyList
from domain.app.signed_command import verified
from domain.errors import CloudError, DeviceError
from domain.settings.parameters import Parameters
from tests.fakes.signers import key_list, signer
from tests.fakes.storage import MemoryStorage
from tests.fakes.thing import make_thing, restarted
from tests.security.commanding import NOW, SOURCE, signed
from tests.security.forging import STEPS, forged
from tests.unit.domain.states.running import Running

TRUST = key_list(app=("app",))


def taker(trust=TRUST, storage=None):
    """Return a Thing that knows the time and takes signed commands only."""
    thing = make_thing(
        storage=storage or MemoryStorage({"trust": trust}), crypto=LinuxCrypto(), given={}
    )
    thing.parameters = Parameters(aid="app-1", tid="T-1", commands="signed")
    thing.clock.set_epoch(NOW)
    return thing


def refusal(thing, text):
    with pytest.raises(CloudError) as caught:
        verified(thing, text)
    assert caught.value.code == "untrusted"
    return caught.value.text


def running(trust=TRUST, commands="", exposed=True, backend="", sent=None):
    """Return a Thing in the state `run` after the cloud has sent it a command."""
    it = Running(storage=MemoryStorage({"trust": trust} if trust else {}), crypto=LinuxCrypto())
    it.thing.exposed = exposed
    it.thing.parameters = Parameters(aid="app-1", tid="T-1", commands=commands, backend=backend)
    it.until_ms(30_000)
    it.cloud.messages = [("m1", "CMD", SOURCE if sent is None else sent)]
    it.until_ms(61_000)
    return it


def test_it_is_executed_once():
    thing = taker()
    assert verified(thing, signed()) == SOURCE
    assert "its number is 5, and 5 was here" in refusal(thing, signed())
    assert verified(thing, signed("x = 2", number=6)) == "x = 2"
    assert "its number is 5, and 6 was here" in refusal(thing, signed())


def test_nor_once_more_after_a_restart():
    thing = taker()
    verified(thing, signed())
    again = restarted(thing)
    again.parameters = thing.parameters
    assert "5 was here" in refusal(again, signed())


def test_what_cannot_be_noted_is_not_executed():
    thing = taker()
    thing.storage.fail_always()
    with pytest.raises(DeviceError):
        verified(thing, signed())


def test_a_form_may_change_its_line_ends():
    text = signed("a = 1\nb = 2")
    assert verified(taker(), text) == "a = 1\nb = 2"
    assert verified(taker(), text.strip()) == "a = 1\nb = 2"
    assert verified(taker(), "\r\n" + text.replace("\n", "\r\n")) == "a = 1\nb = 2"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("print(1)", "it is not signed"),
        ("", "it is not signed"),
        (":state", "it is not signed"),
        (signed(tid="T-2"), "it is for another Thing"),
        (signed(expires=NOW - 1), "it has expired"),
        (signed(by=("other",)), "not signed by a key that this Thing trusts"),
        (signed(by=("release",)), "not signed by a key that this Thing trusts"),
        (signed().replace(SOURCE, "evil()"), "its signature is not over this text"),
        (signed().replace(" 5 ", " 6 "), "its signature is not over this text"),
        (signed() + "evil()\n", "behind its signatures"),
        (signed().split("# sign")[0], "it is cut, or not signed"),
        (signed("x" * 3000) + "y" * 16000, "it is too long"),
    ],
)
def test_what_is_refused(text, why):
    thing = taker()
    assert why in refusal(thing, text)
    assert "commanded.1" not in thing.storage.names()
    assert verified(thing, signed()) == SOURCE  # the genuine one is still accepted


def test_who_may_sign():
    assert verified(taker(key_list()), signed(by=("release",))) == SOURCE  # no app keys there
    revoked = key_list(app=("app", "other"), revoked=("app",))
    assert "revoked" in refusal(taker(revoked), signed())
    assert verified(taker(revoked), signed(by=("other",))) == SOURCE
    assert "key list 1 has expired" in refusal(taker(key_list(app=("app",), expires=9)), signed())


def test_without_a_key_list_or_the_time_there_is_none():
    assert "no key list" in refusal(taker(storage=MemoryStorage({})), signed())
    thing = make_thing(storage=MemoryStorage({"trust": TRUST}), crypto=LinuxCrypto())
    thing.parameters = Parameters(tid="T-1")
    assert "it has expired" in refusal(thing, signed())


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_nothing_else_is_executed_whatever_is_changed(steps):
    text = forged(signed().encode(), steps).decode("utf-8", "replace")
    try:
        assert verified(taker(), text) == SOURCE
    except CloudError as error:
        assert error.code == "untrusted"


# Things that require signatures


@pytest.mark.parametrize("backend", ["", "http://mine", "https://mine"])
def test_it_is_the_default_where_tls_is_not_verified_and_a_key_list_is_there(backend):
    it = running(backend=backend)
    assert it.cloud.replies["m1"].startswith("refused (security 11): it is not signed")
    assert it.thing.apps.executed == []
    it = running(backend=backend, sent=signed())
    assert it.thing.apps.executed == [(SOURCE, 30_000)]


@pytest.mark.parametrize(
    ("trust", "commands", "exposed", "backend"),
    [
        ("", "", True, ""),  # no key list: as before
        (TRUST, "on", True, ""),  # by hand
        (TRUST, "", False, ""),  # TLS is verified
        (TRUST, "", False, "http://mine"),  # by hand
    ],
)
def test_elsewhere_it_is_not(trust, commands, exposed, backend):
    it = running(trust, commands, exposed, backend)
    assert it.thing.apps.executed == [(SOURCE, 30_000)]


def test_the_shells_commands_are_signed_too_and_may_change_things():
    it = running(sent=":set pool other")
    assert "not signed" in it.cloud.replies["m1"]
    it = running(sent=signed(":set pool other"))
    assert it.thing.storage.files["pool"] == b"other"
    it = running(sent=signed(":set commands on"))
    assert "is set at the Thing only" in it.cloud.replies["m1"]


# the signer


@pytest.mark.parametrize(
    ("tid", "source"),
    [("", "x"), ("a b", "x"), ("T" * 37, "x"), ("ü", "x"), ("T", " "), ("T", "a\n# sign b c")],
)
def test_what_no_thing_would_take_is_not_signed(tid, source):
    with pytest.raises(ReleaseError):
        command(tid, 1, 2, source, [signer("app")])


def test_the_command_line(tmp_path, capsys, monkeypatch):
    store = KeyStore(tmp_path / "keys", lambda _path: "")
    root, owner = store.make("root", ""), store.make("app", "")
    keys = {"root": [root.public], "release": [root.public], "app": [owner.public]}
    trust = store.write(KeyList(keys=keys), [root]).read_bytes()
    (tmp_path / "fix.py").write_text(SOURCE + "\n")
    options = ["sign", "--tid", "T-1", "--keys", str(tmp_path / "keys")]
    assert commands.main([*options, str(tmp_path / "fix.py")]) == 0
    first = capsys.readouterr().out
    monkeypatch.setattr(sys, "stdin", StringIO(":state\n"))
    assert commands.main([*options, "--number", "999999999999", "--expires", "9999", "-"]) == 0
    thing = taker(trust)
    assert verified(thing, first) == SOURCE
    assert verified(thing, capsys.readouterr().out) == ":state"
    (tmp_path / "fix.py").write_text("x" * MOST)
    assert commands.main([*options, str(tmp_path / "fix.py")]) == 1
    assert commands.main([*options, str(tmp_path / "none")]) == 1
    said = capsys.readouterr().err
    assert said.startswith("pythings command: it is too long for a Thing")
    for wrong in ("0", "x", "1" * 13):
        with pytest.raises(SystemExit):
            commands.main([*options, "--number", wrong, "-"])


def test_any_cloud_carries_it(sealed, admin):
    """The existing protocol, encrypted, needs no change for it."""
    text = signed("print(1)")
    mid = admin.send_command(sealed.tid, text)
    sealed.call("things/report/", what="management", status="OK")
    answer = sealed.read(sealed.call("apps/management/"))
    assert (answer["mid"], answer["type"], answer["msg"]) == (mid, "CMD", text)
    assert verified(taker(), answer["msg"]) == "print(1)"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [({"release": ["x"]}, "release"), ({"app": []}, "release"), ({"app": ["x"]}, "app")],
)
def test_who_signs_where_nobody_signs_apps(keys, expected):
    assert role(KeyList(keys=keys)) == expected
