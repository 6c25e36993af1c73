"""TLS that verifies no certificate counts as none: the payload is encrypted under all settings.

docs/security.md, 10 and 11. An ESP8266's axTLS checks no certificate, so an attacker on the path
can speak for the cloud.
"""

from __future__ import annotations

import pytest

from domain.settings.parameters import Parameters
from domain.settings.settings import Settings
from domain.states.connect import Connect
from domain.states.register import Register
from domain.states.run import Run
from tests.fakes.link import FakeLink
from tests.fakes.thing import make_thing


def in_session(unverified: bool, encrypted: bool = False, backend: str = ""):
    """Return a Thing with `ssl` set, in a session, with a command waiting in the cloud."""
    thing = make_thing(links=[FakeLink("wifi")], default_backend="cloud.example.org")
    thing.unverified = unverified
    thing.settings = Settings(ssl=True, payload_encryption=encrypted)
    thing.parameters = Parameters(aid="app-1", tid="T-FAKE", backend=backend)
    thing.cloud.settings.update(ssl=True, payload_encryption=encrypted)
    thing.cloud.messages.append(("m1", "CMD", "print(1)"))
    assert Connect(thing).act() == "linked"
    assert Register(thing).act() == "registered"
    return thing


def reply(thing) -> str:
    """Return the answer to the command, once there is one."""
    run = Run(thing)
    for _ in range(200):
        if "m1" in thing.cloud.replies:
            break
        run.act()
    return str(thing.cloud.replies["m1"])


@pytest.mark.parametrize("encrypted", [False, True])
def test_the_payload_is_encrypted_whatever_the_settings_say(encrypted):
    thing = in_session(unverified=True, encrypted=encrypted)
    assert thing.console.named("session")[-1]["encrypted"] is True
    assert thing.cloud.encrypted


def test_where_it_is_verified_the_settings_decide():
    for encrypted in (False, True):
        assert in_session(unverified=False, encrypted=encrypted).cloud.encrypted is encrypted


@pytest.mark.parametrize(
    ("backend", "tls"),
    [
        ("", False),
        ("cloud.example.org:8443", False),
        ("http://cloud.example.org", False),
        ("https://cloud.example.org", True),
    ],
)
def test_such_tls_is_off_unless_a_person_asks_for_it(backend, tls):
    thing = in_session(unverified=True, backend=backend)
    assert thing.console.named("session")[-1]["tls"] is tls
    assert thing.cloud.ssl is tls
    assert thing.cloud.encrypted  # all the same


def test_a_command_follows_the_rules_of_an_encrypted_session():
    assert reply(in_session(unverified=True)) == "ran print(1)"


def test_a_command_in_the_clear_over_such_tls_is_refused():
    """As when the link differs from the one the Thing was told of: only the session counts."""
    thing = in_session(unverified=True, backend="https://cloud.example.org")
    thing.exposed = False
    assert reply(thing).startswith("refused: anybody could have sent this")
    assert thing.apps.executed == []
