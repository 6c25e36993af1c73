"""`pythings cloud message --wait`, `messages`, `data` and `watch`, with ids and times."""

from __future__ import annotations

import json
import threading

import pytest

from app.cli.cloud import main
from app.cloud.cli.table import cells
from tests.patience import PATIENCE_S


@pytest.fixture
def start(cloud):
    """Start a subcommand in a thread; return that."""

    def start(*arguments):
        argv = [*arguments, "--data", str(cloud.data)]
        thread = threading.Thread(target=main, args=(argv,), daemon=True)
        thread.start()
        return thread

    return start


@pytest.mark.parametrize("kind", ["message", "command"])
def test_a_reply_is_awaited(start, thing, capsys, kind):
    thing.report("OK")
    waiting = start(kind, thing.tid, "hello", "--wait")
    while "mid" not in (given := thing.management()):
        assert waiting.is_alive()
    thing.report("OK", msg={"mid": given["mid"], "rep": {"said": "\x1b[2J"}})
    waiting.join(PATIENCE_S)
    assert not waiting.is_alive()
    assert capsys.readouterr().out == '{"said": "\\u001b[2J"}\n'


def test_no_reply_comes(run, thing, admin):
    thing.report("OK")
    status, out, error = run("message", thing.tid, "hello", "--wait", "--timeout", "0")
    (row,) = admin.messages(thing.tid)
    assert (status, out) == (1, "")
    assert f"No reply within 0 s: message {row['mid']} is queued." in error
    thing.management()
    assert admin.message(thing.tid, row["mid"])["status"] == "delivered"
    assert admin.message(thing.tid, row["mid"], wait=0.01)["reply"] is None
    assert run("cancel", thing.tid, row["mid"])[0] == 1  # it is out


def test_what_arrives_is_watched(start, thing, capsys):
    thing.call("apps/worker/", msg={"n": 1})
    only = ("--last", "1", "--what", "worker", "--count", "2")
    watching = start("watch", thing.tid, *only, "--json")
    out = ""
    while not out:
        watching.join(0.01)
        assert watching.is_alive()
        out = capsys.readouterr().out
    thing.report("OK")
    thing.call("apps/worker/", msg={"n": 2})
    watching.join(PATIENCE_S)
    assert not watching.is_alive()
    rows = [json.loads(line) for line in (out + capsys.readouterr().out).splitlines()]
    assert [(row["tid"], row["what"], row["summary"]) for row in rows] == [
        (thing.tid, "worker", '{"n": 1}'),
        (thing.tid, "worker", '{"n": 2}'),
    ]


def test_lines_of_what_arrived(run, thing):
    thing.call("apps/worker/", msg={"text": "\x9b2J漢字" * 20})
    assert thing.call("apps/worker/", token="unknown", msg=1).status == 401
    thing.call("apps/worker/", msg={"n": 3}, ts=3)
    lines = run("watch", thing.tid, "--last", "3", "--count", "3")[1].splitlines()
    assert [line.split("  ")[1:3] for line in lines[1:]] == [[thing.tid, "worker"]] * 2
    assert lines[-1].endswith("Z  " + thing.tid + '  worker      {"n": 3}')
    assert all(cells(line) <= 80 and line.isprintable() for line in lines)
    assert lines[1].endswith("...")


def test_times_of_readings(run, thing):
    thing.call("apps/worker/", msg={"n": 1}, ts=1_700_000_000.25)
    assert run("data", thing.tid)[1] == '2023-11-14 22:13:20.250Z  {"n": 1}'


def test_numbers_that_are_none(run, thing, capsys):
    for words in (["watch", "--count", "x"], ["message", thing.tid, "a", "--timeout", "-1"]):
        with pytest.raises(SystemExit):
            run(*words)
        assert "is no number" in capsys.readouterr().err
