"""connect and register."""

from __future__ import annotations

import pytest

from domain.errors import CloudError, LinkError
from domain.health.slots import Slot
from domain.settings.parameters import Parameters
from domain.settings.settings import Settings
from domain.states.connect import Connect, steady
from domain.states.register import Register
from domain.thing import CYCLES
from tests.fakes.link import FakeLink
from tests.fakes.thing import make_thing


def test_the_first_link_that_comes_up():
    wifi, modem = FakeLink("wifi"), FakeLink("sim800")
    thing = make_thing(links=[wifi, modem], default_backend="cloud.example.org:8443")
    assert Connect(thing).act() == "linked"
    assert thing.linked
    assert wifi.hosts == ["cloud.example.org"]
    assert modem.hosts == []
    assert thing.console.named("link") == [{"kind": "wifi", "up": True}]
    assert thing.console.level("link") == 20


@pytest.mark.parametrize(
    ("backend", "host"),
    [
        ("[2001:db8::1]:8000", "2001:db8::1"),
        ("http://[::1]:8000/", "::1"),
        ("[::1]", "::1"),
        ("cloud.example.org", "cloud.example.org"),
        ("192.0.2.1:80", "192.0.2.1"),
    ],
)
def test_a_link_is_asked_for_the_host_alone(backend, host):
    link = FakeLink("wifi")
    thing = make_thing(links=[link], default_backend=backend)
    assert Connect(thing).act() == "linked"
    assert link.hosts == [host]


def test_the_next_link_if_the_first_does_not():
    wifi, modem = FakeLink("wifi", ("wrong_password",)), FakeLink("sim800")
    thing = make_thing(links=[wifi, modem])
    assert Connect(thing).act() == "linked"
    assert thing.linked
    assert thing.console.named("link") == [
        {"code": "wrong_password", "text": "wifi: wrong_password - look after the network"},
        {"kind": "sim800", "up": True},
    ]
    assert thing.trouble is None


def test_over_a_link_where_nobody_verifies_tls_the_payload_is_encrypted():
    wifi, modem = FakeLink("wifi", ("no_link",)), FakeLink("sim800")
    modem.exposed = True
    thing = make_thing(links=[wifi, modem])
    for encrypted in (True, False):
        assert Connect(thing).act() == "linked"
        assert Register(thing).act() == "registered"
        assert thing.console.named("session")[-1]["encrypted"] is encrypted


def test_no_link():
    thing = make_thing(links=[FakeLink("a", ("no_link",)), FakeLink("b", ("no_address",))])
    thing.linked = True
    assert Connect(thing).act() == "no_link"
    assert not thing.linked
    assert isinstance(thing.trouble, LinkError)
    assert thing.trouble.code == "no_address"
    assert [link.is_up for link in thing.links] == [False, False]


def test_a_board_without_a_network():
    thing = make_thing(links=[])
    assert Connect(thing).act() == "no_link"
    assert thing.trouble is not None
    assert thing.trouble.text == "this board has no network"


def test_registers():
    thing = make_thing()
    thing.parameters = Parameters(aid="a-1", tid="t-1", pool="staging")
    thing.journal.app = Slot("a", "1001")
    thing.settings = Settings(ssl=False, payload_encryption=True, backend="elsewhere")
    thing.status.remark("old")
    thing.status.told["worker"] = ("OK", "")
    assert Register(thing).act() == "registered"
    assert thing.cloud.made("use", "register") == [
        ("use", ("cloud.example.org", False)),
        (
            "register",
            (
                {
                    "tid": "t-1",
                    "aid": "a-1",
                    "app_version": "1001",
                    "pythings_version": "v2.0.0",
                    "pool": "staging",
                    "frozen": True,
                    "platform": "Fake",
                    "identity": 1,
                },
                True,
            ),
        ),
    ]
    assert thing.clock.epoch() == thing.cloud.epoch
    assert thing.status.told == {"pythings": ("OK", "")}
    assert thing.status.remarks == []
    assert thing.cloud.in_session()
    assert thing.console.named("session") == [
        {"backend": "cloud.example.org", "tls": False, "encrypted": True, "mode": 1}
    ]


def test_with_nothing_to_say():
    thing = make_thing()
    Register(thing).act()
    identity = thing.cloud.identities[0]
    assert (identity["app_version"], identity["pool"]) == ("0", None)


def test_without_an_app_id_nobody_is_asked():
    thing = make_thing()
    thing.parameters = Parameters(tid="t")
    assert Register(thing).act() == "refused"
    assert thing.cloud.made("register") == []
    assert thing.trouble is not None
    assert thing.trouble.text == "no App id - set the parameter aid"


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (LinkError("timeout", "x"), "unreachable"),
        (CloudError("refused", "x"), "refused"),
        (CloudError("trouble", "x"), "unreachable"),
        (CloudError("wrong", "x"), "unreachable"),
        (CloudError("not_encrypted", "x"), "unreachable"),
    ],
)
def test_fails(error, event):
    thing = make_thing()
    thing.cloud.script("register", error)
    assert Register(thing).act() == event
    assert thing.trouble is not None
    assert (type(thing.trouble), thing.trouble.code) == (type(error), error.code)
    assert thing.clock.epoch() is None
    assert thing.console.named("session") == []


@pytest.mark.parametrize(
    ("off", "moved"), [(0, False), (2, False), (-2, False), (3, True), (-3, True), (9999, True)]
)
def test_a_clock_that_is_right_is_not_moved(off, moved):
    thing = make_thing()
    right = thing.cloud.now()
    thing.clock.set_epoch(right + off)
    Register(thing).act()
    assert thing.clock.epoch() == (right if moved else right + off)


def test_a_storage_that_keeps_the_count_of_quick_starts_stops_nothing():
    thing = make_thing()
    thing.quick = True
    thing.storage.replace(CYCLES, b"2")
    thing.storage.fail_after(1, "storage")
    steady(thing)
    assert not thing.quick
    assert thing.storage.read(CYCLES) == b"2"
