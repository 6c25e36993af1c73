"""`pythings cloud rollout`, against the running cloud, in a terminal of 80 columns."""

from __future__ import annotations

import re

import pytest

from app.cloud.cli.table import cells
from tests.unit.cloud.wire import Thing


@pytest.fixture
def app(wire, admin, aid):
    """Return the id of an app with two versions and Things in `staging`."""
    for version in ("one", "two"):
        admin.commit(aid, {"worker_task.py": ""}, version)
    admin.set_pool(aid, "staging", {"app_version": "one"})
    for number in range(4):
        Thing(wire, aid, f"{aid[:8]}-{number}").register(pool="staging", app_version="one")
    return aid


def test_a_rollout_from_start_to_rollback(run, result, app, wire):
    it = result(
        "rollout", "start", app, "staging", "--app", "two", "--share", "50,100", "--within", "10min"
    )
    assert (it["state"], it["shares"], it["within"]) == ("running", [50, 100], 600.0)
    assert it["things"] == {"chosen": 2}
    shown = result("rollout", "show", it["id"])
    (first, second) = shown["each"]
    assert (first["did"], first["asked"]) == ("chosen", None)
    thing = Thing(wire, app, first["tid"])
    thing.register(app_version="one")
    assert thing.management()["settings"]["app_version"] == "two"
    assert result("rollout", "pause", it["id"])["state"] == "paused"
    assert "`resume` goes on" in run("rollout", "show", it["id"])[1]
    other = Thing(wire, app, second["tid"])
    other.register(app_version="one")
    assert other.management()["settings"]["app_version"] == "one"
    assert result("rollout", "resume", it["id"])["state"] == "running"
    assert other.management()["settings"]["app_version"] == "two"
    assert result("rollout", "abort", it["id"])["state"] == "aborted"
    assert other.management()["settings"]["app_version"] == "two"
    assert result("rollout", "rollback", it["id"])["state"] == "rolled_back"
    assert other.management()["settings"]["app_version"] == "one"
    assert run("rollout", "resume", it["id"])[2].endswith("is rolled back has no resume.")


def test_lists_fit_the_terminal(run, result, app):
    assert run("rollout", "list", "--app", app)[1] == "There is no rollout."
    number = result("rollout", "start", app, "staging", "--app", "two")["id"]
    _, out, _ = run("rollout", "list", "--app", app)
    head, line = out.splitlines()
    assert head.split()[:2] == ["ID", "STATE"]
    assert line.split()[:5] == [str(number), "running", "staging", "app", "two"]
    _, out, _ = run("rollout", "show", number)
    assert out.splitlines()[0] == f"Rollout {number}: running"
    assert re.search(
        r"^  stage     10 % \(1 of 3\), for \d+ s; all stages: 10 %, 50 %, 100 %$", out, re.M
    )
    assert "  Things    1 chosen" in out
    assert f"{app[:8]}-" in out.splitlines()[-1]
    assert all(cells(line) <= 80 for line in out.splitlines())


def test_named_things(run, result, app):
    tid = f"{app[:8]}-2"
    it = result("rollout", "start", app, "staging", "--app", "two", "--thing", tid)
    assert it["shares"] == [0, 100]
    assert [row["tid"] for row in result("rollout", "show", it["id"])["each"]] == [tid]
    assert "named (1 of 2)" in run("rollout", "show", it["id"])[1]


def test_an_os_release_that_is_served(run, result, app):
    it = result("rollout", "start", app, "staging", "--os", "v9")
    assert (it["what"], it["before"]) == ("os", "factory")
    status, _, error = run("rollout", "rollback", it["id"])
    assert (status, "to which no Thing goes back" in error) == (1, True)
    assert result("rollout", "rollback", it["id"], "--to", "v8")["state"] == "rolled_back"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--app", "none"), "has no version none"),
        (("--os", "v7"), "serves no OS release v7"),
        (("--app", "two", "--share", "50,20"), "percents that grow"),
        (("--app", "two", "--within", "1s"), "within must be"),
        (("--app", "two", "--thing", "x"), "there is no Thing x in staging"),
    ],
)
def test_refusals(run, app, arguments, text):
    status, _, error = run("rollout", "start", app, "staging", *arguments)
    assert (status, text in error) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--app", "two", "--os", "v9"),
        ("--app", "two", "--share", "x"),
        ("--app", "two", "--confirm", "101"),
        ("--app", "two", "--within", "1 week"),
    ],
)
def test_usage(run, app, arguments, capsys):
    with pytest.raises(SystemExit):
        run("rollout", "start", app, "staging", *arguments)
    assert "usage: pythings cloud rollout start" in capsys.readouterr().err
