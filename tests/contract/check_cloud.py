"""The contract of clouds."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest

from domain.errors import CloudError
from ports.cloud import CloudApi
from tests.fakes.source import whole

# make() returns a cloud, in use, without a session. Its other side has the files APP as app
# version VERSION, and one message for the Thing: (any id, "APP", MESSAGE).
Make = Callable[[], CloudApi]

IDENTITY: dict[str, Any] = {
    "tid": "T-CHECK",
    "aid": "app-1",
    "app_version": "0",
    "pythings_version": "v2.0.0",
    "pool": None,
    "frozen": False,
    "platform": "Python",
}
KNOWN = {**IDENTITY, "tid": "T-KNOWN", "identity": 1}
VERSION = "1001"
APP = {"worker_task.py": "x = 1\n" * 100, "management_task.py": "y = 2\n"}
MESSAGE = {"do": "something"}


def check_cloud(make: Make) -> None:
    """Run the contract on clouds made by `make`, see `Make`."""
    for check in CHECKS:
        check(make)


def registered(make: Make) -> tuple[CloudApi, int]:
    """Return a cloud with a session, and the time from the cloud."""
    cloud = make()
    epoch = cloud.register(IDENTITY, False, 0)
    return cloud, epoch


def fails(code: str, call: Callable[[], object]) -> None:
    """Check that the call raises a CloudError of that code, with a text."""
    with pytest.raises(CloudError) as caught:
        call()
    assert caught.value.code == code
    assert caught.value.text


def opens_a_session(make: Make) -> None:
    cloud = make()
    assert cloud.in_session() is False
    epoch = cloud.register(IDENTITY, False, 0)
    assert isinstance(epoch, int)
    assert epoch > 1_600_000_000
    assert cloud.in_session() is True
    cloud.register(IDENTITY, False, 0)
    assert cloud.in_session() is True
    cloud.forget()
    assert cloud.in_session() is False
    cloud.forget()


def carries_a_session_over_a_restart(make: Make) -> None:
    cloud, _ = registered(make)
    cloud.management()
    cloud.report("management", "OK", None)
    session = json.loads(json.dumps(cloud.keep()))
    assert session[1] is None  # its payload is not encrypted
    cloud.forget()
    cloud.resume(session)
    assert cloud.in_session()
    assert cloud.management()[1]


def needs_a_session(make: Make) -> None:
    cloud = make()
    for call in (
        cloud.management,
        lambda: cloud.reply("mid", None),
        lambda: cloud.reading({"a": 1}, None),
        lambda: cloud.report("worker", "OK", None),
        lambda: cloud.app_files(VERSION),
    ):
        fails("session", call)
        assert cloud.in_session() is False


def delivers_a_message_after_a_good_report(make: Make) -> None:
    cloud, _ = registered(make)
    settings, message = cloud.management()
    assert isinstance(settings, dict)
    assert message is None
    cloud.report("management", "OK", None)
    _, message = cloud.management()
    assert message is not None
    mid, kind, content = message
    assert (kind, content) == ("APP", MESSAGE)
    cloud.reply(mid, {"done": [1, None]})
    assert cloud.management()[1] is None


def stores_a_reading_once(make: Make) -> None:
    cloud, epoch = registered(make)
    cloud.reading({"temperature": 21.5}, epoch)
    fails("trouble", lambda: cloud.reading({"temperature": 21.5}, epoch))
    fails("trouble", lambda: cloud.reading({"temperature": 21.5}, "%s.0" % epoch))
    cloud.reading({"temperature": 21.5}, "%s.5" % epoch)
    fails("trouble", lambda: cloud.reading({"temperature": 21.5}, "%s.50" % epoch))
    cloud.reading({"temperature": 21.5}, epoch + 1)
    cloud.report("worker", "KO", "Error: what happened")


def gives_the_app(make: Make) -> None:
    cloud, _ = registered(make)
    assert sorted(cloud.app_files(VERSION)) == sorted(APP)
    for name, source in APP.items():
        assert source in whole(cloud.app_file(VERSION, name)).decode()
    fails("not_found", lambda: whole(cloud.app_file(VERSION, "nothing.py")))
    cloud.app_file(VERSION, next(iter(APP)))  # left unread on purpose
    assert sorted(cloud.app_files(VERSION)) == sorted(APP)


def wants_no_key_of_a_thing_that_has_none(make: Make) -> None:
    cloud, _ = registered(make)
    assert cloud.salt() == ""
    cloud.management()
    cloud.forget()
    assert cloud.salt() == ""


def sees_a_key_once_and_then_a_proof(make: Make) -> None:
    cloud = make()
    assert cloud.salt() == ""
    cloud.register(KNOWN, False, 0)
    salt = cloud.salt()
    assert 0 < len(salt) <= 64
    cloud.management()  # a call without a key is answered
    assert cloud.salt() == salt
    cloud.identify(b"k" * 16, False)
    cloud.management()
    assert cloud.salt() == ""
    cloud.management()
    for known in (True, False, True):
        cloud.register(KNOWN, False, 0)
        assert cloud.salt() == salt
        cloud.identify(b"k" * 16, known)
        cloud.management()
        assert cloud.salt() == ""


def refuses_another_key(make: Make) -> None:
    cloud = make()
    cloud.register(KNOWN, False, 0)
    cloud.identify(b"k" * 16, False)
    cloud.management()
    for known in (True, False):
        cloud.register(KNOWN, False, 0)
        cloud.identify(b"x" * 16, known)
        fails("identity", cloud.management)
    cloud.register(KNOWN, False, 0)
    fails("identity", cloud.management)
    cloud.forget()
    assert cloud.salt() == ""


CHECKS = (
    opens_a_session,
    carries_a_session_over_a_restart,
    needs_a_session,
    delivers_a_message_after_a_good_report,
    stores_a_reading_once,
    gives_the_app,
    wants_no_key_of_a_thing_that_has_none,
    sees_a_key_once_and_then_a_proof,
    refuses_another_key,
)
