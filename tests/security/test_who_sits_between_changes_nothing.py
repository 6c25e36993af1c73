"""An attacker is between a Thing and its cloud, without TLS: docs/security.md, 18.

In payload mode 2 every message that he replays, cuts, splices or swaps is refused and reported. In
mode 1, which the existing cloud speaks, some get through, as listed here; signed commands, signed
apps and the OS do not.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import sqlite3

import pytest

from adapters.cloud.gateway import Gateway
from adapters.linux.crypto import LinuxCrypto
from app.cloud.api import preregister
from app.cloud.cli import upkeep
from build.release.appsign import manifest
from domain.app.signed_app import NAME, fetch
from domain.app.signed_command import verified
from domain.errors import CloudError
from domain.settings.parameters import Parameters
from domain.settings.settings import Settings
from domain.states.connect import Connect
from domain.states.register import Register
from domain.states.run import Run
from domain.streams import gather, pour
from tests.fakes.signers import key_list, signer
from tests.fakes.storage import MemoryStorage
from tests.fakes.thing import make_thing
from tests.security.commanding import signed
from tests.security.middle import Middle

IDENTITY = {"platform": "esp8266", "app_version": "0", "pythings_version": "v2", "identity": 1}
FILES = {
    "worker_task.py": "class WorkerTask:\n    def call(self):\n        return {'n': 1}\n" * 9,
    "management_task.py": "class ManagementTask:\n    pass\n" * 9,
}
CODE = 16


@pytest.fixture
def between(cloud, wire, aid):
    """Return the attacker, a gateway through him to the cloud, and a function that registers."""
    middle = Middle(wire)
    gateway = Gateway(middle, LinuxCrypto())
    middle.tid = "T-" + secrets.token_hex(6)
    identity = {**IDENTITY, "tid": middle.tid, "aid": aid}
    return middle, gateway, lambda: gateway.register(identity, True, cloud.ready.modulus)


@pytest.fixture
def older(monkeypatch):
    """Make the cloud speak mode 1 only, as the existing one does."""
    monkeypatch.setattr(preregister, "_MODE_2", "\0")


def forged(call, *arguments):
    with pytest.raises(CloudError) as caught:
        call(*arguments)
    assert caught.value.code == "forged"
    return caught.value.text


def opened(between):
    middle, gateway, register = between
    register()
    gateway.management()
    gateway.report("management", "OK", None)
    return middle, gateway


# mode 2


def test_a_session_is_in_mode_2_and_small(between):
    middle, gateway = opened(between)
    assert gateway.strong()
    for path, body in middle.asked[1:]:
        assert body[:1] == b"\2", path
    gateway.management()
    assert len(middle.asked[-1][1]) == 1 + 16 + 4 + len("{}") + CODE
    assert all(b"settings" not in one for one in middle.answered)


def test_a_request_sent_again_does_nothing(between, admin, aid):
    middle, gateway = opened(between)
    gateway.reading({"n": 1}, None)
    for which in range(1, len(middle.asked)):
        answer = middle.again(which)
        assert (answer.status, answer.header("Content-Type")) == (409, "application/json")
        assert len(admin.readings(middle.tid)) == 1
    audit = [event["summary"] for event in admin.events()]
    assert audit.count("forged: a request was sent again") == len(middle.asked) - 1
    gateway.management()  # and the session goes on


def test_a_request_changed_or_cut_does_nothing(between, admin):
    middle, gateway = opened(between)
    middle.change = lambda _path, body: body[:30] + bytes([body[30] ^ 1]) + body[31:]
    forged(gateway.reading, {"n": 1}, None)
    middle.change = lambda _path, body: body[:-1]
    forged(gateway.reading, {"n": 1}, None)
    middle.change = lambda _path, body: body[:30]
    forged(gateway.reading, {"n": 1}, None)
    middle.change = None
    assert admin.readings(middle.tid) == []
    told = [event["summary"] for event in admin.events()]
    assert "forged: its code does not hold" in told
    gateway.reading({"n": 2}, None)


def test_an_answer_sent_again_cut_or_spliced_is_refused(between, admin):
    middle, gateway = opened(between)
    gateway.management()
    old = middle.answered[-1]
    middle.rule = lambda _path, _status, _body: (200, old)
    assert "it was changed, cut, or sent before" in forged(gateway.management)
    for rule in (
        lambda body: body[:-1],
        lambda body: body[: len(body) // 2],
        lambda body: body + body,
        lambda body: b"",
        lambda body: b"{}",
        lambda body: old[:200] + body[200:],
        lambda body: body[:-20],
        lambda body: body[20:],
    ):
        middle.rule = lambda _path, _status, body, rule=rule: (200, rule(body))
        forged(gateway.management)
    middle.rule = None
    gateway.management()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b'"Sorry"'),
        (401, b'"refused"'),
        (404, b'"not found"'),
        (413, b""),
        (500, b'"problem"'),
        (302, b""),
        (401, b'"the identity of this Thing"'),
    ],
)
def test_an_error_of_his_own_makes_the_thing_give_nothing_up(between, status, body):
    middle, gateway = opened(between)
    middle.rule = lambda _path, _status, _body: (status, body)
    forged(gateway.reading, {"n": 1}, None)
    middle.rule = lambda _path, _status, answer: (status, answer)
    forged(gateway.reading, {"n": 1}, None)


def test_an_error_of_the_clouds_is_believed(between):
    middle, gateway = opened(between)
    with pytest.raises(CloudError) as caught:
        gateway.reading("x" * 600, None)
    assert caught.value.code == "unacceptable"
    with pytest.raises(CloudError) as caught:
        gateway.os_file("9", "esp8266", "pt.mpy")
    assert caught.value.code == "not_found"


def test_a_command_of_another_session_is_refused(between, admin, cloud, wire, aid):
    middle, gateway = opened(between)
    admin.send_command(middle.tid, "print('old')")
    gateway.management()
    command = middle.answered[-1]
    between[2]()  # a new session
    middle.rule = lambda _path, _status, _body: (200, command)
    forged(gateway.management)


def test_a_swapped_app_file_is_refused(between, admin, aid):
    version = admin.commit(aid, FILES)
    middle, gateway = opened(between)
    taken = gather(gateway.app_file(version, "management_task.py"), 10_000)
    assert taken.endswith(b"version='%s'" % version.encode())
    other = middle.answered[-1]
    middle.rule = lambda _path, _status, _body: (200, other)
    got = bytearray()
    forged(lambda: pour(gateway.app_file(version, "worker_task.py"), got.extend))
    assert got == b""
    middle.rule = lambda _path, _status, body: (200, body[: 2 * (256 + 18)])
    forged(lambda: pour(gateway.app_file(version, "worker_task.py"), got.extend))
    assert len(got) == 512  # genuine bytes; they are staged, and discarded


def test_nobody_makes_them_speak_mode_1(between, cloud, wire):
    middle, gateway, register = between

    def weaker(path, body):
        if path.endswith("/preregister/"):
            return json.dumps({**json.loads(body), "kty": "aes128ecb"}).encode()
        return body

    middle.change = weaker
    register()
    assert gateway.strong()
    middle.change = None
    answers = []

    def mode1(path, status, body):
        """Return a token encrypted as in mode 1, under a key of the attacker."""
        from app.cloud.cipher import SessionCipher

        answers.append(body)
        token = json.dumps({"token": "00112233-4455-6677-8899-aabbccddeeff"})
        return status, SessionCipher(5).encrypt(token).encode()

    middle.rule = mode1
    with pytest.raises(CloudError) as caught:
        register()
    assert caught.value.code == "wrong"
    assert not gateway.in_session()


@pytest.mark.parametrize("path", ["apps/management/", "things/register/", "apps/worker/"])
def test_who_has_the_token_can_do_nothing_in_the_clear_or_in_mode_1(between, wire, path, aid):
    middle, gateway = opened(between)
    raw = middle.asked[-1][1][1:17].hex()
    token = "-".join((raw[:8], raw[8:12], raw[12:16], raw[16:20], raw[20:]))
    fields = {"token": token, "tid": middle.tid, "aid": aid, "msg": "x"}
    assert wire.post(path, fields).status in (401, 500)
    assert wire.post(path, {"token": token, "encrypted": "1" * 39}).status == 500
    gateway.management()  # the session goes on


def test_it_is_told_to_who_watches_and_to_the_owner(between, cloud, admin, aid):
    middle, gateway, _ = between
    thing = make_thing(cloud=gateway, crypto=LinuxCrypto())
    thing.unverified = True
    thing.parameters = Parameters(aid=aid, tid=middle.tid, cloud_key=cloud.ready.modulus)
    assert Connect(thing).act() == "linked"
    assert Register(thing).act() == "registered"
    assert thing.console.named("session")[-1]["mode"] == 2
    assert thing.journal.strong == [str(cloud.ready.modulus)[-16:]]
    middle.rule = lambda _path, _status, body: (200, body[:-1])
    Run(thing).act()
    assert thing.console.named("cloud_trouble")[-1]["code"] == "forged"
    assert any("it was changed, cut, or sent before" in text for text in thing.status.remarks)


# mode 1: attacks that succeed, and those that do not


def test_in_mode_1_old_answers_and_swapped_files_get_through(between, older, admin, aid):
    version = admin.commit(aid, FILES)
    middle, gateway = opened(between)
    assert not gateway.strong()
    admin.set_pool(aid, "development", {"worker_interval": "77"})
    gateway.management()
    old = middle.answered[-1]
    admin.set_pool(aid, "development", {"worker_interval": "5"})
    middle.rule = lambda _path, _status, _body: (200, old)
    assert gateway.management()[0]["worker_interval"] == "77"
    middle.rule = None
    taken = gather(gateway.app_file(version, "management_task.py"), 10_000)
    other = middle.answered[-1]
    middle.rule = lambda _path, _status, _body: (200, other)
    assert gather(gateway.app_file(version, "worker_task.py"), 10_000) == taken


def test_in_mode_1_a_signed_command_does_not_come_twice(between, older, admin):
    storage = MemoryStorage({"trust": key_list(app=("app",))})
    thing = make_thing(storage=storage, crypto=LinuxCrypto())
    thing.clock.set_epoch(1_700_000_000)
    middle, gateway = opened(between)
    thing.parameters = Parameters(tid=middle.tid)
    admin.send_command(middle.tid, signed(tid=middle.tid))
    assert verified(thing, gateway.management()[1][2]) == "print('a & b')"
    old = middle.answered[-1]
    middle.rule = lambda _path, _status, _body: (200, old)
    with pytest.raises(CloudError) as caught:
        verified(thing, gateway.management()[1][2])
    assert caught.value.code == "untrusted"


def test_in_mode_1_a_signed_app_is_not_mixed(between, older, admin, aid):
    sources = {name: text.encode() for name, text in FILES.items()}
    made = manifest(aid, 7, 1, sources, [signer("app")]).decode()
    version = admin.commit(aid, {**FILES, NAME: made})
    middle, gateway = opened(between)
    thing = make_thing(cloud=gateway, storage=MemoryStorage({"trust": key_list(app=("app",))}))
    thing.parameters = Parameters(aid=aid, tid=middle.tid, apps="signed")
    fetch(thing, version, "app.b")
    other = middle.answered[-1]

    before = len(middle.answered)
    middle.rule = lambda _path, status, body: (
        (status, other) if len(middle.answered) == before + 2 else (status, body)
    )
    with pytest.raises(CloudError) as caught:
        fetch(thing, version, "app.b")
    assert caught.value.code == "untrusted"


# after mode 2, nothing weaker


def strong_thing(statement=None, files=None, app=""):
    """Return a Thing that has spoken mode 2 with its cloud, which now speaks mode 1 only."""
    storage = MemoryStorage({"trust": key_list(app=("app",)), **(files or {})})
    thing = make_thing(storage=storage, crypto=LinuxCrypto())
    thing.parameters = Parameters(aid="app-1", tid="T-1", cloud_key=12345)
    thing.unverified = True
    thing.cloud.mode2 = True
    thing.cloud.settings["app_version"] = app
    assert Connect(thing).act() == "linked"
    assert Register(thing).act() == "registered"
    thing.cloud.mode2 = False
    if statement is not None:
        thing.cloud.messages.append(("m1", "CMD", statement))
    thing.cloud.calls.clear()
    return thing


def test_nothing_is_taken_from_a_cloud_that_has_become_weaker():
    thing = strong_thing()
    assert Register(thing).act() == "unreachable"
    assert thing.trouble.code == "weaker"
    assert not thing.cloud.in_session()
    assert ("pythings", "KO") in [row[:2] for row in thing.cloud.reports]  # the owner sees it
    assert thing.journal.strong == ["12345"]


@pytest.mark.parametrize(
    "text", [":weaker", "print(1)", signed(), signed(":weaker", tid="T-2"), signed(":state")]
)
def test_nor_does_anybody_but_the_owner_say_that_it_is_well(text):
    thing = strong_thing(text)
    assert Register(thing).act() == "unreachable"
    assert thing.cloud.replies["m1"].startswith("refused: ")
    assert thing.apps.executed == []


def test_the_owner_says_so_by_a_signed_statement():
    thing = strong_thing(signed(":weaker", expires=2_000_000_000))
    assert Register(thing).act() == "registered"
    assert thing.journal.strong == []
    assert thing.cloud.replies["m1"] == "well"
    thing.cloud.mode2 = True  # mode 2 again: the statement ends
    assert Register(thing).act() == "registered"
    assert thing.journal.strong == ["12345"]
    thing.cloud.mode2 = False
    thing.cloud.messages.append(("m2", "CMD", signed(":weaker", expires=2_000_000_000)))
    assert Register(thing).act() == "unreachable"  # a statement is valid once


def test_or_by_hand():
    thing = strong_thing(files={"weaker": b""})
    assert Register(thing).act() == "registered"
    assert "weaker" not in thing.storage.names()
    assert thing.journal.strong == []


def test_a_weaker_cloud_that_fails_meanwhile_has_said_nothing():
    thing = strong_thing(signed(":weaker", expires=2_000_000_000))
    thing.cloud.script("management", CloudError("trouble", "try again later"))
    assert Register(thing).act() == "unreachable"
    assert thing.trouble.code == "weaker"
    assert thing.journal.strong == ["12345"]


def test_a_weaker_cloud_that_wants_to_know_who_is_there():
    thing = strong_thing(signed(":weaker", expires=2_000_000_000))
    thing.cloud.wanted_salt = "0011223344556677"
    assert Register(thing).act() == "registered"
    assert thing.cloud.shown


def test_another_key_is_another_cloud():
    thing = strong_thing()
    thing.parameters = Parameters(aid="app-1", tid="T-1", cloud_key=54321)
    assert Register(thing).act() == "registered"


def test_it_is_encrypted_from_then_on_where_tls_is_not():
    thing = strong_thing()
    thing.unverified = thing.exposed = False
    thing.settings = Settings(ssl=False, payload_encryption=False)
    thing.cloud.mode2 = True
    assert Register(thing).act() == "registered"
    assert thing.cloud.encrypted
    thing.settings = Settings(ssl=True, payload_encryption=False)
    assert Register(thing).act() == "registered"
    assert not thing.cloud.encrypted


def test_it_is_known_after_a_restart_too():
    from domain.health import journal
    from tests.fakes.thing import restarted

    thing = strong_thing()
    again = restarted(thing)
    assert journal.load(again.storage).strong == ["12345"]


def test_a_restored_cloud_takes_nothing_once_more(tmp_path):
    """A backup's message numbers are older than those sent since, so its mode 2 sessions end."""
    path = tmp_path / "backup.db"
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE session (active INTEGER, mode INTEGER)")
        db.execute("INSERT INTO session VALUES (1, 1), (1, 2)")
    upkeep._end_numbered(path)
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT active, mode FROM session").fetchall() == [(1, 1), (0, 2)]


def test_a_session_that_has_ended_gives_no_second_answer(between, admin):
    middle, gateway = opened(between)
    admin.admit(middle.tid, "none")  # ends all sessions
    with pytest.raises(CloudError) as caught:
        gateway.management()
    assert caught.value.code == "session"
    assert middle.answered[-1][:1] == b'"'
