"""Clients without a session get a share of the cloud's time and disk; Things with one go on."""

from __future__ import annotations

import contextlib
import functools
import json
import socket
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli.cloud import main
from app.cloud import http
from app.cloud.api import endpoint
from app.cloud.bucket import Buckets
from app.cloud.cli.parser import parser
from app.cloud.client import AdminError
from app.cloud.srsa import MOST_PIECES, KeyPair, TooManyPieces, load_key_pair
from app.cloud.store import Store
from app.cloud.tables import accounts, events, sessions
from tests.patience import PATIENCE_S
from tests.unit.cloud.conftest import running
from tests.unit.cloud.wire import TROUBLE, Answer, Thing, Wire, transport


class From(Wire):
    """A client that sends from an address of its own, with additional headers."""

    def __init__(self, wire, source, headers=b""):
        self.address = wire.address
        self.source = source
        self.headers = headers

    def send(self, data):
        head, _, rest = data.partition(b"\r\n")
        with socket.create_connection(
            self.address, timeout=PATIENCE_S, source_address=(self.source, 0)
        ) as connection:
            connection.sendall(head + b"\r\n" + self.headers + rest)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
        return Answer(received)


# --- texts


REGISTERED = ("tid", "platform", "capabilities", "app_version", "pythings_version", "pool")


@pytest.mark.parametrize("name", REGISTERED)
@pytest.mark.parametrize("value", ["x" * 37, "x" * 900_000, ["x" * 40], {"x": "y" * 40}])
def test_a_text_that_is_too_long_registers_nothing(cloud, wire, aid, name, value):
    before = len(cloud.admin.things())
    fields = {"tid": f"T-{aid[:8]}", "aid": aid, name: value}
    answer = wire.post("things/register/", fields)
    assert (answer.status, answer.body) == (500, TROUBLE)
    assert len(cloud.admin.things()) == before


def test_36_characters_are_taken_and_shown(cloud, wire, aid):
    fields = {name: f"{number:036d}" for number, name in enumerate(REGISTERED)}
    fields["tid"] = aid
    thing = Thing(wire, aid, fields.pop("tid"))
    assert thing.register(**fields).status == 200
    row = cloud.admin.thing(aid)
    shown = {name: row[name] for name in fields if name != "pool"}
    assert shown == {name: value for name, value in fields.items() if name != "pool"}


def test_the_kind_of_a_key(cloud, wire):
    key = transport("1234", cloud.ready.modulus)
    fields = {"key": key, "kty": "k" * 37, "ken": "srsa1"}
    answer = wire.post("things/preregister/", fields)
    assert (answer.status, answer.body) == (500, TROUBLE)
    assert wire.post("things/preregister/", {**fields, "kty": "k" * 36}).status == 200


# `apps/get/` ignores the platform.
@pytest.mark.parametrize(
    ("path", "name"),
    [("apps/get/", "version"), ("pythings/get/", "version"), ("pythings/get/", "platform")],
)
def test_what_files_are_asked_for(thing, path, name):
    fields = {"version": "v9", "platform": "Python", "list": True, name: "x" * 37}
    answer = thing.call(path, **fields)
    assert (answer.status, answer.body) == (500, TROUBLE)


def test_no_error_sends_back_more_than_it_has_room_for(wire, thing):
    long = "9" * 100_000
    for path, fields in (
        ("apps/worker/", {"msg": 1, "ts": long + "x"}),
        ("things/report/", {"what": long, "status": "OK"}),
        ("things/register/", {"tid": "T", "aid": long}),
    ):
        assert len(thing.call(path, **fields).body) < 300


def test_statuses_and_replies_are_cut(admin, thing):
    thing.report("OK")
    assert thing.report("KO", "worker", "x" * 900_000).status == 200
    assert len(admin.thing(thing.tid)["worker"]) == 4096
    mid = admin.send_message(thing.tid, "?")
    thing.management()
    assert thing.report("OK", msg={"mid": mid, "rep": "r" * 900_000}).status == 200
    reply = admin.messages(thing.tid)[0]["reply"]
    assert 262_000 < len(reply) < 263_000
    assert reply.endswith("(cut)")


def test_a_long_reply_of_a_command_is_kept_whole(admin, thing):
    thing.report("OK")
    mid = admin.send_command(thing.tid, "print('é' * 32768)")
    thing.management()
    thing.report("OK", msg={"mid": mid, "rep": "é" * 32768})
    assert admin.messages(thing.tid)[0]["reply"] == "é" * 32768


def test_forms_have_few_fields(wire):
    form = "application/x-www-form-urlencoded"
    answer = wire.request("POST", "/api/v1/apps/worker/", b"&".join([b"a=b"] * 65), form)
    assert (answer.status, answer.body) == (400, b'"Wrong data format"')


# --- keys


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return load_key_pair(tmp_path_factory.mktemp("key") / "srsa.json")


@given(st.lists(st.text("0123456789", min_size=1, max_size=120), max_size=MOST_PIECES))
def test_the_fast_way_gives_the_same(pair, texts):
    pieces = [transport(text, pair.modulus, len(text))[0] for text in texts]
    clear = [pow(piece, pair.private, pair.modulus) for piece in pieces]
    plain = b"".join(n.to_bytes((n.bit_length() + 7) // 8, "big") for n in clear)
    assert pair.decrypt(pieces) == plain.decode() == "".join(texts)


def test_more_pieces_than_a_key_has(cloud, wire, pair):
    with pytest.raises(TooManyPieces):
        pair.decrypt([1] * (MOST_PIECES + 1))
    key = transport("1234" * 11, cloud.ready.modulus)
    answer = wire.post("things/preregister/", {"key": key, "kty": "aes128ecb", "ken": "srsa1"})
    assert (answer.status, answer.body) == (500, TROUBLE)


@pytest.mark.parametrize("piece", [-1, True, 2**4000])
def test_numbers_that_are_no_piece(wire, piece):
    fields = {"key": [piece], "kty": "aes128ecb", "ken": "srsa1"}
    answer = wire.post("things/preregister/", fields)
    assert answer.status == 400
    assert "decrypting" in answer.json()


def test_others_are_served_while_a_key_is_decrypted(cloud, wire, thing, monkeypatch):
    entered, go_on = threading.Event(), threading.Event()

    def decrypt(self, pieces):
        entered.set()
        assert go_on.wait(PATIENCE_S)
        return "1234"

    monkeypatch.setattr(KeyPair, "decrypt", decrypt)
    answers = []
    fields = {"key": [1], "kty": "aes128ecb", "ken": "srsa1"}
    slow = threading.Thread(
        target=lambda: answers.append(wire.post("things/preregister/", fields).status)
    )
    slow.start()
    try:
        assert entered.wait(PATIENCE_S)
        assert thing.management()["settings"]
        assert not answers
    finally:
        go_on.set()
        slow.join(20)
    assert answers == [200]


# --- storage


def test_sessions_without_a_thing_are_few_and_expire(tmp_path, monkeypatch):
    monkeypatch.setattr(sessions, "_UNBOUND", 5)
    with contextlib.closing(Store(tmp_path / "cloud.db")) as store:
        tokens = [store.sessions.start(1000.0, "1", "k") for _ in range(8)]
        alive = [token for token in tokens if store.sessions.get(token)]
        assert alive == tokens[3:]
        late = store.sessions.start(1000.0 + sessions.PENDING_S + 1, "1", "k")
        assert [token for token in [*tokens, late] if store.sessions.get(token)] == [late]


def test_limits_by_default(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(accounts, "THINGS", 2)
    monkeypatch.setattr(accounts, "MESSAGES", 3)
    monkeypatch.setattr(accounts, "_REFUSED", 2)
    with running(tmp_path) as cloud:
        aid = cloud.admin.create_app("Full")
        things = [Thing(cloud.wire, aid) for _ in range(3)]
        assert [thing.register().status for thing in things] == [200, 200, 401]
        thing = things[0]
        thing.token = ""
        assert thing.register().status == 200  # a registered one
        sent = [thing.call("apps/worker/", msg=1, ts=number).status for number in range(6)]
        assert sent == [200] * 3 + [401] * 3
        assert main(["limits", "none", "5", "--data", str(tmp_path)]) == 0
        assert "things: any number\nmessages: 5" in capsys.readouterr().out
        sent = [thing.call("apps/worker/", msg=1, ts=10 + number).status for number in range(4)]
        assert sent == [200, 200, 401, 401]
        assert things[2].register().status == 200
        cloud.admin.limits()
        sent = [thing.call("apps/worker/", msg=1, ts=20 + number).status for number in range(9)]
        assert sent == [200] * 9


def test_junk_pushes_no_event_of_a_thing_out(tmp_path, monkeypatch):
    monkeypatch.setattr(events, "STRANGERS_KEPT", 5)
    with running(tmp_path) as cloud:
        thing = Thing(cloud.wire, cloud.admin.create_app("Audit"))
        thing.register()
        thing.management()
        for number in range(40):
            cloud.wire.post("things/register/", {"tid": str(number), "aid": "junk"})
            cloud.wire.post("apps/worker/", {"token": "junk", "msg": 1})
        rows = cloud.admin.events()
        own = [row["what"] for row in rows if row["tid"] == thing.tid]
        assert own == ["register", "management"]
        assert len(rows) - len(own) <= 6
        assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)


# --- the bucket


def test_a_bucket():
    now = [100.0]
    buckets = Buckets(2.0, lambda: now[0])
    for _ in range(20):
        assert not buckets.empty("a")
        buckets.take("a", 1)
    assert buckets.empty("a")
    assert not buckets.empty("b")
    now[0] += 0.6
    assert not buckets.empty("a")
    buckets.take("a", 119)
    now[0] += 49
    assert buckets.empty("a")
    now[0] += 11
    assert not buckets.empty("a")
    free = Buckets(0.0, lambda: now[0])
    free.take("a", 1e9)
    assert not free.empty("a")


def test_as_many_buckets_as_there_is_room_for(monkeypatch):
    monkeypatch.setattr("app.cloud.bucket._MOST", 10)
    now = [0.0]
    buckets = Buckets(1.0, lambda: now[0])
    for number in range(100):
        buckets.take(str(number), 1000)
    assert len(buckets._full_at) == 10
    now[0] = 5000.0
    buckets.take("new", 1)
    assert list(buckets._full_at) == ["new"]


@pytest.fixture
def still(monkeypatch):
    """Stop the clock of the buckets: on a busy machine a bucket would fill while it is emptied."""
    monkeypatch.setattr(endpoint, "Buckets", functools.partial(Buckets, clock=lambda: 100.0))


def junk(wire, count=30):
    return [wire.post("apps/worker/", {"token": "junk", "msg": 1}).status for _ in range(count)]


@pytest.mark.usefixtures("still")
def test_a_strangers_flood_ends_at_its_own_address(tmp_path):
    with running(tmp_path, rate=0.5) as cloud:
        thing = Thing(cloud.wire, cloud.admin.create_app("Busy"))
        thing.register()
        flood = From(cloud.wire, "127.0.0.2")
        statuses = junk(flood)
        assert statuses[:5] == [401] * 5
        assert statuses[-10:] == [429] * 10
        answer = flood.post("things/register/", {"tid": "T", "aid": thing.aid})
        assert (answer.status, answer.header("Connection")) == (429, "close")
        assert "later" in answer.json()
        assert "T" not in [row["tid"] for row in cloud.admin.things()]
        # A Thing at the same address goes on, and so do all clients at other addresses.
        thing.wire = flood
        assert thing.management()["settings"]
        assert thing.call("apps/worker/", msg=1).status == 200
        assert Thing(cloud.wire, thing.aid).register().status == 200


@pytest.mark.usefixtures("still")
def test_an_encrypted_session_is_known_too(tmp_path):
    with running(tmp_path, rate=1) as cloud:
        sealed = Thing(cloud.wire, cloud.admin.create_app("Busy"))
        sealed.preregister(cloud.ready.modulus)
        sealed.register()
        sealed.wire = From(cloud.wire, "127.0.0.2")
        assert junk(sealed.wire)[-1] == 429
        assert sealed.management()["settings"]


@pytest.mark.usefixtures("still")
def test_a_session_does_not_open_what_costs_most(tmp_path):
    with running(tmp_path, rate=0.5) as cloud:
        thing = Thing(cloud.wire, cloud.admin.create_app("Busy"))
        thing.register()
        flood = From(cloud.wire, "127.0.0.2")
        assert junk(flood)[-1] == 429
        key = transport("1234", cloud.ready.modulus)
        fields = {"key": key, "kty": "aes128ecb", "ken": "srsa1", "token": thing.token}
        assert flood.post("things/preregister/", fields).status == 429
        assert thing.management()["settings"]


@pytest.mark.usefixtures("still")
def test_the_address_behind_a_proxy(tmp_path):
    with running(tmp_path, rate=0.5, trusted_proxies=["127.0.0.3"]) as cloud:

        def via(address, source="127.0.0.3"):
            return From(cloud.wire, source, f"X-Forwarded-For: {address}\r\n".encode())

        assert junk(via("198.51.100.1"))[-1] == 429
        assert junk(via("198.51.100.2"), 1) == [401]
        # An address that the client wrote before the proxy did is not believed.
        assert junk(via("198.51.100.7, 198.51.100.1"), 1) == [429]
        # Nor is a client that is not a trusted proxy.
        spread = [junk(via(f"198.51.100.{n}", "127.0.0.4"), 1)[0] for n in range(30)]
        assert spread[-1] == 429


def test_the_options(capsys):
    args = parser().parse_args(["serve", "--rate", "2.5", "--trusted-proxy", "::1"])
    assert (args.rate, args.trusted_proxy) == (2.5, ["::1"])
    for given_ in (["--rate", "-1"], ["--rate", "nan"], ["--trusted-proxy", "proxy"]):
        with pytest.raises(SystemExit):
            parser().parse_args(["serve", *given_])
    with pytest.raises(SystemExit):
        parser().parse_args(["limits", "0", "1"])
    assert "Traceback" not in capsys.readouterr().err


# --- memory


def test_large_bodies_are_read_some_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(http, "_MOST_BY_ADDRESS", 2)
    head = b"POST /api/v1/apps/worker/ HTTP/1.1\r\nHost: localhost\r\n"
    head += b"Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
    with running(tmp_path) as cloud, contextlib.ExitStack() as stack:
        for _ in range(2):
            half = stack.enter_context(
                socket.create_connection(cloud.wire.address, timeout=PATIENCE_S)
            )
            half.sendall(head + b"{")
        answer = cloud.wire.send(head + b"{")
        while answer.status != 503:  # the halves may not have been read yet
            answer = cloud.wire.send(head + b"{")
        assert "later" in answer.json()
        assert Answer(answer.raw).header("Connection") == "close"
        body = json.dumps({"token": "x", "msg": 1, "pad": "x" * 60_000}).encode()
        assert cloud.wire.request("POST", "/api/v1/apps/worker/", body).status == 401
        stack.close()
        body = json.dumps({"token": "x", "msg": 1, "pad": "x" * 90_000}).encode()
        while cloud.wire.request("POST", "/api/v1/apps/worker/", body).status != 401:
            time.sleep(0)  # the halves may not have been noticed to be gone


def test_the_admin_api_is_bounded_alike(admin):
    with pytest.raises(AdminError, match="at most 1048576 bytes"):
        admin.create_app("x" * 1_100_000)
