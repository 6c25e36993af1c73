"""A rollout over 50 Things that call a running cloud: all by the API, and by itself."""

from __future__ import annotations

import pytest

from tests.unit.cloud.conftest import running
from tests.unit.cloud.wire import Thing

THINGS = 50
ROUNDS = 60  # far more than it takes


class Device(Thing):
    """A Thing that installs the app it is asked for; a `weak` one crashes with version `bad`."""

    def __init__(self, wire, aid, number):
        super().__init__(wire, aid, f"T{number:02}")
        self.weak = number % 5 == 0
        self.version, self.rejected = "one", ""
        self.start("pythings", "OK")

    def start(self, what, status):
        self.token = ""
        self.register(pool="staging", app_version=self.version)
        self.report(status, what)

    def cycle(self):
        wanted = self.management()["settings"]["app_version"]
        if wanted == self.version:
            self.rejected = ""
        elif wanted != self.rejected:
            if wanted == "bad" and self.weak:
                self.rejected = wanted
                self.start("pythings", "KO: app bad taken back: it crashed")
            else:
                self.version = wanted
                self.start("management", "OK")
        return wanted


@pytest.fixture
def cloud(tmp_path, monkeypatch):
    monkeypatch.setattr("app.cloud.rollouts.evaluation.EVERY_S", 0.05)
    with running(tmp_path, rate=0) as it:
        yield it


@pytest.fixture
def aid(cloud):
    aid = cloud.admin.create_app("Lamp")
    for version in ("one", "bad", "good"):
        cloud.admin.commit(aid, {"worker_task.py": ""}, version)
    cloud.admin.set_pool(aid, "staging", {"app_version": "one"})
    return aid


def run_until_it_ends(cloud, devices, number):
    """Have the Things call in turns; return the rollout, and the most asked in each stage."""
    most: dict[int, int] = {}
    for _ in range(ROUNDS):
        for device in devices:
            device.cycle()
        it = cloud.admin.rollout(number)
        asked = sum(row["asked"] is not None for row in cloud.admin.rollout_things(number))
        most[it["stage"]] = max(most.get(it["stage"], 0), asked)
        if it["state"] != "running":
            return it, most
    pytest.fail(f"it goes on: {it}")


def test_a_bad_version_halts_and_a_good_one_reaches_all(cloud, aid):
    devices = [Device(cloud.wire, aid, number) for number in range(THINGS)]
    bad = cloud.admin.start_rollout(aid, "staging", app="bad", shares=[50, 100], trouble=10)
    it, most = run_until_it_ends(cloud, devices, bad["id"])
    assert (it["state"], it["stage"]) == ("halted", 0)
    assert it["things"]["taken_back"] * 10 > 25
    assert most == {0: most[0]}
    assert most[0] <= 25
    assert sum(device.cycle() == "bad" for device in devices) <= 25
    cloud.admin.change_rollout(bad["id"], "rollback")
    assert {device.cycle() for device in devices} == {"one"}
    for device in devices:
        device.cycle()
    assert {device.version for device in devices} == {"one"}
    good = cloud.admin.start_rollout(aid, "staging", app="good", shares=[10, 50, 100], confirm=100)
    it, most = run_until_it_ends(cloud, devices, good["id"])
    assert (it["state"], it["things"]) == ("done", {"confirmed": THINGS})
    assert most.get(0, 0) <= 5
    assert most.get(1, 0) <= 25
    assert {device.cycle() for device in devices} == {"good"}
    actions = [row["action"] for row in cloud.admin.audit() if "rollout" in row["action"]]
    assert actions.count("halt rollout") == 1
    assert actions.count("complete rollout") == 1
