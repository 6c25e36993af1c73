"""The secret by which a Thing proves that it is the one registered before."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from adapters.debug.config import masked
from domain import record
from domain.app.app import App
from domain.health.slots import FRESH, Slot
from domain.lifecycle import CONNECT, RECOVER, REGISTER, RUN
from domain.security.secret import NAME, introduce, remember
from domain.states.run import Run
from tests.fakes.storage import MemoryStorage
from tests.fakes.thing import make_runner, make_thing, restarted, run_until

SALT = "0123456789abcdef"


def thing_before(salt=SALT, **overrides):
    """Return a registered Thing with a cloud that asks for proof of its identity."""
    thing = make_thing(**overrides)
    thing.cloud.wanted_salt = salt
    thing.app = App(thing)
    register(thing)
    return thing


def register(thing):
    thing.cloud.register({"tid": "T", "identity": 1}, False, 0)


def stored(thing):
    return record.load(thing.storage, NAME)[1]


def test_the_key_is_shown_once():
    thing = thing_before()
    assert introduce(thing, SALT) is True
    secret = bytes.fromhex(stored(thing)[0])
    assert len(secret) == 32
    key = hmac.new(secret, SALT.encode(), hashlib.sha256).digest()[:16]
    assert thing.cloud.shown == [(key, False)]
    assert introduce(thing, SALT) is True  # its arrival was not confirmed
    remember(thing, SALT)
    assert introduce(thing, SALT) is False
    assert thing.cloud.shown[2:] == [(key, True)]
    assert stored(thing) == [secret.hex(), SALT]


def test_a_key_that_arrived_but_was_not_noted_is_shown_again():
    thing = thing_before()
    introduce(thing, SALT)
    thing.storage.fail_after(1, "storage")
    remember(thing, SALT)
    assert introduce(thing, SALT) is True


def test_another_cloud_gets_another_key():
    thing = thing_before()
    for salt in ("a", "b"):
        assert introduce(thing, salt) is True
        remember(thing, salt)
    assert thing.cloud.shown[0] != thing.cloud.shown[1]
    assert stored(thing)[1:] == ["a", "b"]


def test_who_invents_salts_does_not_have_a_key_sent_again():
    thing = thing_before()
    introduce(thing, SALT)
    remember(thing, SALT)
    for number in range(20):
        introduce(thing, str(number))
        remember(thing, str(number))
    assert introduce(thing, SALT) is False
    assert len(stored(thing)) == 9


@pytest.mark.parametrize("copy", ["secret.0", "secret.1"])
def test_it_survives_a_bit_that_flips(copy):
    thing = thing_before()
    introduce(thing, SALT)
    remember(thing, SALT)
    before = stored(thing)
    content = bytearray(thing.storage.files[copy])
    content[len(content) // 2] ^= 1
    thing.storage.files[copy] = bytes(content)
    assert stored(thing) == before
    assert introduce(thing, SALT) is False


def test_each_thing_has_another():
    assert stored_of(1) != stored_of(2)


def stored_of(seed):
    thing = thing_before(seed=seed)
    introduce(thing, SALT)
    return stored(thing)


def test_a_storage_that_fails_leaves_the_thing_without():
    thing = thing_before()
    for code in ("storage", "disk_full"):
        thing.storage.fail_always(code)
        assert introduce(thing, SALT) is False
        remember(thing, SALT)
    thing.storage.heal()
    introduce(thing, SALT)
    thing.storage.unreadable = {"secret.0", "secret.1"}
    assert introduce(thing, SALT) is False
    assert len(thing.cloud.shown) == 1
    assert thing.console.named("no_identity")


def test_while_an_os_is_on_trial_no_cloud_learns_it():
    """The OS before may not know how to prove it, and could not come back."""
    thing = thing_before()
    thing.journal.os = Slot("a", "v2.0.0", "v1.9.0", FRESH)
    assert introduce(thing, SALT) is False
    assert thing.cloud.shown == []
    thing.journal.os = Slot("a", "v2.0.0", "v1.9.0")
    introduce(thing, SALT)
    remember(thing, SALT)
    thing.journal.os = Slot("b", "v2.1.0", "v2.0.0", FRESH)
    assert introduce(thing, SALT) is False
    assert thing.cloud.shown[-1][1] is True  # which cloud knows it already, is shown


def test_the_key_goes_with_the_management_that_ends_the_trial():
    thing = thing_before()
    thing.journal.os = Slot("a", "v2.0.0", "v1.9.0", FRESH)
    run = Run(thing)
    run.act()
    assert thing.cloud.pinned is None
    assert not thing.journal.os.trial
    run.management_due = thing.clock.monotonic()
    run.act()
    assert stored(thing)[1:] == [SALT]


def test_a_life_with_a_cloud_that_wants_to_know():
    thing = make_thing()
    thing.cloud.wanted_salt = SALT
    runner = make_runner(thing)
    run_until(runner, lambda: thing.cloud.made("management"))
    assert thing.cloud.identities[0]["identity"] == 1
    assert thing.cloud.pinned is not None
    later = restarted(thing)
    run_until(make_runner(later), lambda: len(later.cloud.shown) == 2)
    assert [known for _, known in later.cloud.shown] == [False, True]


def test_a_life_with_a_cloud_that_does_not():
    thing = make_thing()
    run_until(make_runner(thing), lambda: len(thing.cloud.made("management")) > 1)
    assert thing.cloud.shown == []
    assert not [name for name in thing.storage.files if name.startswith(NAME)]


def test_an_identity_that_is_refused_is_shown_again_ever_more_slowly_for_ever():
    thing = make_thing()
    thing.cloud.wanted_salt, thing.cloud.pinned = SALT, b"of another one"
    runner = make_runner(thing)
    refused: list[Any] = []

    def told():
        waits = [fields["wait_ms"] for fields in thing.console.named("remedy")]
        if len(waits) > len(refused):
            refused.append(thing.trouble)
        return len(waits) >= 40

    run_until(runner, told, 100_000)
    assert {(error.code, "admit" in error.text) for error in refused} == {("identity", True)}
    remedies = thing.console.named("remedy")
    longest = [max(fields["wait_ms"] for fields in remedies[at : at + 10]) for at in (0, 10, 30)]
    assert longest[0] > 10_000
    assert max(longest) <= 300_000
    # The owner admits it.
    thing.cloud.pinned = None
    run_until(runner, lambda: runner.machine.state == RUN and thing.cloud.pinned, 100_000)
    assert runner.machine.state not in (RECOVER, CONNECT, REGISTER)


def test_it_is_never_shown():
    thing = thing_before()
    introduce(thing, SALT)
    remember(thing, SALT)
    secret = stored(thing)[0]
    for name in ("secret.0", "secret.1"):
        content = thing.storage.files[name]
        assert secret.encode() in content
        shown = masked(name, content)
        assert secret.encode() not in shown
        assert record.decode(shown)[1] == ["", SALT]  # and still a record
        assert secret.encode() not in masked(name, content[:-1])
        assert record.decode(masked(name, b""))[0] == 0
    assert secret not in json.dumps(thing.console.events, default=str)
    assert isinstance(thing.storage, MemoryStorage)
