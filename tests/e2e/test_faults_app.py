"""Faults of the app on a Thing: the rows of docs/reliability.md."""

from __future__ import annotations

import pytest

from app.demo import apps
from tests.e2e.conftest import TID, World

OK = ("OK", "Ok")  # the second is the cloud's own, for a new session
QUICK = ("--app-timeout", "1")


def _worker(body: str) -> dict[str, str]:
    """Return an app named `two` with a worker that does `body` from its fourth call on.

    By then it is confirmed: its faults are not a failed trial any more.
    """
    files = apps.good("two")
    files["worker_task.py"] = files["worker_task.py"].replace(
        "        return {", "        if self.count >= 4:\n            %s\n        return {" % body
    )
    return files


def _deploy(world: World, files: dict[str, str]) -> int:
    """Run with `files` as the app, confirmed; return `since` of before the commit."""
    world.running(*QUICK)
    since = world.since()
    world.confirmed(world.commit(files), since)
    return since


@pytest.mark.parametrize(
    "body, code",
    [
        ("import sys; sys.exit(3)", "died"),
        ("import os; os._exit(3)", "died"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "died"),
        ("while True: pass", "hung"),
    ],
)
def test_an_app_that_ends_or_hangs_does_not_stop_management(world: World, body: str, code: str):
    since = _deploy(world, _worker(body))
    fault = world.thing_tells("the fault", since, event="app_fault")
    assert fault["code"] == code
    assert world.reply(world.admin.send_message(TID, "still there?")) == "two got: still there?"
    assert "KO" in world.status("worker", "KO")


def test_an_app_that_hangs_again_and_again_is_left_out_until_a_new_version(world: World):
    files = apps.good("two")
    files["worker_task.py"] = "import os\n" + files["worker_task.py"].replace(
        "        self.count += 1", "        while os.path.exists(%r): pass\n        self.count += 1"
    ) % str(world.folder / "hang")
    _deploy(world, files)
    (world.folder / "hang").touch()
    assert "left out after 3 faults" in world.status("pythings", "left out")
    mid = world.admin.send_command(TID, "print('reachable')")
    assert world.reply(mid).strip() == "reachable"
    since = world.since()
    world.confirmed(world.commit(apps.good("three")), since)
    assert world.readings(1, "three")
    world.cloud_shows("all is well", lambda admin: admin.thing(TID)["pythings"][:2] in OK)


def test_an_app_that_raises_is_told_and_called_again(world: World):
    _deploy(world, _worker("if self.count == 4: raise RuntimeError('sensor gone')"))
    assert "worker_task.py" in world.status("worker", "KO", "RuntimeError", "sensor gone")
    assert world.status("worker", "OK") == "OK"
    assert world.readings(4, "two")[-1]["msg"]["count"] >= 5


def test_a_management_task_that_raises_is_told_until_it_works(world: World):
    files = apps.good("two")
    files["management_task.py"] = (
        "class ManagementTask:\n    def call(self, data):\n        return 1 / (data != 'fail')\n"
    )
    _deploy(world, files)
    mid = world.admin.send_message(TID, "fail")
    assert "ZeroDivisionError" in str(world.reply(mid))
    assert world.admin.thing(TID)["management"] == "OK"  # it can still be managed
    assert world.reply(world.admin.send_message(TID, "work")) == 1.0
    world.status("worker", "OK")


def test_an_app_that_does_not_import_is_taken_back(world: World):
    world.running(*QUICK)
    old = world.version
    files = apps.good("two")
    files["worker_task.py"] = "import no_such_module\n" + files["worker_task.py"]
    version = world.commit(files)
    assert "no_such_module" in world.status("pythings", "KO", version, "taken back")
    assert world.admin.thing(TID)["app_version"] == old  # not the version that it registered with
    assert world.more_readings(2)[-1]["msg"]["app"] == "one"
    commits = [e for e in world.thing.events if e["event"] == "committed"]
    assert len([e for e in commits if e.get("version") == version]) == 1  # and was not tried again


def test_a_first_app_that_does_not_import_leaves_a_thing_that_can_be_mended(world: World):
    world.commit(apps.broken())
    world.start(*QUICK)
    world.status("pythings", "KO", "SyntaxError")
    world.confirmed(world.commit(apps.good("two")))
    assert world.readings(1, "two")


def test_a_worker_that_returns_no_json(world: World):
    _deploy(world, _worker("return {'when': object()}"))
    assert "worker" in world.status("worker", "KO", "JSON")


def test_a_reading_over_the_limit_is_told(world: World):
    _deploy(world, _worker("return 'x' * 600"))
    world.status("worker", "KO", "602 characters", "512")
    assert len(world.readings(3, "two")) == 3


def test_a_message_and_an_app_that_are_not_ascii(world: World):
    files = apps.good("Zürich €")
    _deploy(world, files)
    mid = world.admin.send_message(TID, "Grüße 😀")
    assert world.reply(mid) == "Zürich € got: Grüße 😀"
    assert world.readings(1, "Zürich €")


def test_an_app_that_is_not_ascii_over_an_encrypted_session(world: World):
    """In payload mode 2; mode 1 cannot carry such an app, which is reported."""
    world.set(payload_encryption=True)
    world.running()
    world.confirmed(world.commit(apps.good("Zürich")))
    assert world.readings(1, "Zürich")
    assert world.admin.thing(TID)["encrypted"] is True


def test_an_app_that_fills_the_log_and_scribbles_on_all_files(world: World):
    body = "print('x' * 10000); [os.write(fd, b'{}\\n') for fd in (1, 2)]"
    since = _deploy(world, _worker(body))
    world.readings(8, "two")
    assert not [e for e in world.thing.events[since:] if e["event"] == "app_fault"]
