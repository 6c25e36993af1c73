"""Stored values can be shown: Unicode, nested at most 32 deep; one bad row hides no other."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.cli.cloud import main
from app.cloud.api.body import parse_json
from app.cloud.client import AdminError
from app.cloud.values import DEEPEST, NotUnicode, TooDeep, Unshowable, check, shown, shown_object
from tests.patience import PATIENCE_S
from tests.unit.cloud.conftest import running
from tests.unit.cloud.wire import TROUBLE, Thing

ROOT = Path(__file__).resolve().parents[2]
HALF = "\ud800"


def nested(depth: int, inside: str = "1") -> str:
    return "[" * depth + inside + "]" * depth


def test_a_half_of_a_pair_is_stored_nowhere(wire, thing, sealed):
    for it in (thing, sealed):
        it.report("OK")
        for path, fields in (
            ("apps/worker/", {"msg": HALF, "ts": 7}),
            ("apps/worker/", {"msg": {HALF: 1}, "ts": 8}),
            ("things/report/", {"what": "worker", "status": HALF}),
            (
                "things/report/",
                {"what": "management", "status": "OK", "msg": {"mid": "m", "rep": HALF}},
            ),
            ("things/register/", {"tid": it.tid, "aid": it.aid, "platform": HALF}),
        ):
            answer = it.call(path, **fields)
            assert (answer.status, answer.body) == (500, TROUBLE)
        assert it.management()["settings"]


@pytest.mark.parametrize("depth", [DEEPEST + 1, 900, 2000, 100_000])
def test_what_is_nested_too_deeply_is_stored_nowhere(wire, thing, depth):
    body = '{"token":"%s","ts":1,"msg":%s}' % (thing.token, nested(depth))
    answer = wire.request("POST", "/api/v1/apps/worker/", body.encode())
    assert (answer.status, answer.body) == (400, b'"Wrong data format"')


def test_32_levels_are_taken_given_out_and_shown(wire, admin, thing):
    thing.report("OK")
    value = json.loads(nested(DEEPEST))
    assert thing.call("apps/worker/", msg=value, ts=1).status == 200
    mid = admin.send_message(thing.tid, value)
    assert thing.management()["msg"] == value
    thing.report("OK", msg={"mid": mid, "rep": json.loads(nested(DEEPEST - 1))})
    assert admin.readings(thing.tid)[0]["msg"] == value
    assert admin.messages(thing.tid)[0]["msg"] == value


def test_the_admin_api_takes_neither(admin, thing):
    for value in (HALF, {"a": HALF}, {HALF: 1}):
        with pytest.raises(AdminError, match="not Unicode"):
            admin.send_message(thing.tid, value)
        with pytest.raises(AdminError, match="not Unicode"):
            admin.set_pool(thing.aid, "development", {"backend": value})
        with pytest.raises(AdminError, match="not Unicode"):
            admin.set_thing(thing.tid, {"backend": value})
    with pytest.raises(AdminError, match="not Unicode"):
        admin.create_app(HALF)
    for depth in (DEEPEST + 1, 900):
        with pytest.raises(AdminError, match="more than 32 levels"):
            admin.send_message(thing.tid, json.loads(nested(depth)))
    assert admin.messages(thing.tid) == []
    assert thing.management()["settings"]


def run(data, *arguments):
    """Run a subcommand as a user's shell does, with bytes as arguments; return (code, stderr)."""
    code = "import sys; from app.cli.cloud import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, *arguments, "--data", str(data)]
    environment = {**os.environ, "PYTHONUTF8": "1"}
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, env=environment, timeout=PATIENCE_S
    )
    return done.returncode, done.stderr.decode()


def test_a_latin_1_byte_on_the_command_line(cloud, admin, thing):
    code, told = run(cloud.data, "message", thing.tid, b"caf\xe9")
    assert code == 1
    assert "not Unicode: caf\\udce9" in told
    assert "encoding of this terminal" in told
    assert admin.messages(thing.tid) == []


@pytest.mark.parametrize("text", [nested(33), nested(3000), '"\\ud800"', '{"\\udfff": 1}'])
def test_json_on_the_command_line(cloud, admin, thing, capsys, text):
    assert main(["message", thing.tid, text, "--data", str(cloud.data)]) == 1
    told = capsys.readouterr().err
    assert "No Thing could get it" in told
    assert len(told) < 300
    setting = ["thing", "set", thing.tid, f"x={text}", "--force", "--data", str(cloud.data)]
    assert main(setting) == 1
    assert admin.messages(thing.tid) == []


OLD = {
    "a half": (json.dumps("caf\udce9"), "caf\\udce9"),
    "a half inside": (json.dumps({"a": [HALF + "x"]}), {"a": ["\\ud800x"]}),
    "a half as a name": (json.dumps({HALF: 1}), {"\\ud800": 1}),
    "900 levels": (nested(900), "(nested more than 32 levels deep)"),
    "900 levels in a name": (
        '{"a":1,"b":%s}' % nested(900),
        {"a": 1, "b": "(nested more than 32 levels deep)"},
    ),
    "900 levels and a half": (nested(900, '"\\ud800"'), "(nested more than 32 levels deep)"),
    "no JSON": ("caf", "caf"),
}


@pytest.mark.parametrize(("row", "value"), OLD.values(), ids=OLD)
def test_bad_rows_of_old_folders_hide_no_others(tmp_path, capsys, row, value):
    with running(tmp_path) as cloud:
        thing = Thing(cloud.wire, cloud.admin.create_app("Old"))
        thing.register()
        for number in range(3):
            thing.call("apps/worker/", msg={"n": number}, ts=number)
            cloud.admin.send_message(thing.tid, number)
    with contextlib.closing(sqlite3.connect(tmp_path / "cloud.db")) as db, db:
        db.execute("UPDATE reading SET msg = ? WHERE ts = 1000000", (row,))
        db.execute("UPDATE message SET msg = ?, reply = ? WHERE msg = '0'", (row, row))
        db.execute("UPDATE pool SET settings = ? WHERE name = 'staging'", (row,))
    with running(tmp_path) as cloud:
        thing.wire = cloud.wire
        thing.report("OK")
        assert [it["msg"] for it in cloud.admin.readings(thing.tid)] == [{"n": 0}, value, {"n": 2}]
        assert [it["msg"] for it in cloud.admin.messages(thing.tid)] == [value, 1, 2]
        assert cloud.admin.messages(thing.tid)[0]["reply"] == value
        (app,) = [it for it in cloud.admin.apps() if it["aid"] == thing.aid]
        expected = value if isinstance(value, dict) else {}
        assert app["pools"]["staging"]["settings"] == expected
        assert [thing.management()["msg"] for _ in range(3)] == [value, 1, 2]
        cloud.admin.set_thing(thing.tid, pool="staging")
        assert thing.management()["settings"] == {**expected, "pool": "staging"}
        for command in (["app", "list"], ["data", thing.tid], ["messages", thing.tid]):
            assert main([*command, "--data", str(tmp_path)]) == 0
        assert "Traceback" not in "".join(capsys.readouterr())


def test_a_queued_message_is_cancelled(cloud, admin, thing, capsys):
    thing.report("OK")
    first, second, third = (admin.send_message(thing.tid, number) for number in range(3))
    data = ["--data", str(cloud.data)]
    assert main(["cancel", thing.tid, second, *data]) == 0
    assert f"Cancelled: {second}" in capsys.readouterr().out
    assert thing.management()["msg"] == 0
    assert main(["cancel", thing.tid, first, *data]) == 1
    assert f"not any more: {first}" in capsys.readouterr().err
    assert first in [row["mid"] for row in admin.messages(thing.tid)]
    assert admin.cancel(thing.tid) == [third]
    assert "msg" not in thing.management()
    assert main(["cancel", thing.tid, *data]) == 0
    assert "nothing was queued" in capsys.readouterr().out


# st.text() draws no surrogates.
texts = st.text(st.characters() | st.sampled_from([HALF, "\udfff", "\U0001f600"]), max_size=5)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def wrapped(value, depth):
    for _ in range(depth):
        value = [value]
    return value


@given(values, st.integers(0, 2000))
@example([[]], DEEPEST - 2)
@example([{}], DEEPEST - 1)
def test_what_passes_can_be_sent_and_what_does_not_is_shown(value, depth):
    value = wrapped(value, min(depth, 40))
    text = json.dumps(value)
    try:
        check(value)
    except Unshowable:
        with pytest.raises(Unshowable):
            parse_json(text)
    else:
        assert parse_json(text) == value == shown(text)
    sent = json.dumps(shown(text), ensure_ascii=False).encode("utf-8")
    assert json.loads(sent) == shown(text)
    check(shown_object('{"x":%s}' % text), DEEPEST + 1)
    check(shown(text), DEEPEST + 1)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_the_edge_of_depth(opening):
    closing = "]" if opening == "[" else "}"
    for inside in ("1", "[]", "{}"):
        own = len(inside) - 1
        full = opening * (DEEPEST - own) + inside + closing * (DEEPEST - own)
        check(json.loads(full))
        with pytest.raises(TooDeep):
            check(json.loads(f"[{full}]"))
    for depth in (33, 500, 990, 2000, 100_000):
        with pytest.raises(ValueError, match="."):
            parse_json(opening * depth + "1" + closing * depth)


def test_a_half_at_the_deepest_place():
    with pytest.raises(NotUnicode):
        check(wrapped(HALF, DEEPEST))
