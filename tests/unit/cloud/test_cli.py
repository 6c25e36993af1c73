"""`pythings cloud` as a process, and its subcommands against the running cloud."""

import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from app.cli.cloud import main
from app.cloud.cli import serve
from app.cloud.cli.things import thing_lines
from app.cloud.client import AdminClient
from build.release.appsign import manifest
from domain.app.signed_app import NAME
from tests.fakes.signers import signer
from tests.patience import PATIENCE_S
from tests.unit.cloud.wire import Thing, Wire

ROOT = Path(__file__).resolve().parents[3]


@contextlib.contextmanager
def process(data, *arguments):
    """Start `pythings cloud`; yield it and its first line, once that is there."""
    code = "import sys; from app.cli.cloud import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "--port", "0", "--data", str(data), *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            assert child.stdout
            yield child, child.stdout.readline()
        finally:
            child.kill()


def test_json_ready_and_a_clean_end(tmp_path):
    with process(tmp_path, "--json") as (child, first):
        ready = json.loads(first)
        assert list(ready) == ["event", "url", "data", "ca", "key"]
        assert (ready["event"], ready["data"], ready["ca"]) == ("ready", str(tmp_path), None)
        assert Wire(ready["url"]).request("GET", "/").status == 404
        admin = AdminClient.from_data(tmp_path)
        assert admin.key() == int(ready["key"])
        admin.close()
        child.send_signal(signal.SIGTERM)
        assert (child.wait(PATIENCE_S), child.stderr.read()) == (0, "")
        assert json.loads(child.stdout.read()) == {"event": "stopped"}
    assert not (tmp_path / "admin.json").exists()


def test_json_of_what_a_person_should_know(tmp_path):
    with process(tmp_path, "--json", "--rate", "0.001") as (child, first):
        wire = Wire(json.loads(first)["url"])
        while wire.post("apps/management/", {"token": "x\n"}).status != 429:
            pass
        child.send_signal(signal.SIGTERM)
        assert child.wait(PATIENCE_S) == 0
        told = [json.loads(line) for line in child.stderr.read().splitlines()]
    assert [it["event"] for it in told] == ["warning"]
    assert "127.0.0.1 asks for more than a stranger may" in told[0]["text"]
    assert datetime.fromisoformat(told[0]["time"]).tzinfo is not None


def test_text_ready_and_ctrl_c(tmp_path):
    with process(tmp_path, "--tls", "--close") as (child, first):
        assert first.startswith("The local cloud is ready at https://127.0.0.1:")
        url = first.split()[-1]
        ca = tmp_path / "tls" / "ca.pem"
        text = "".join(child.stdout.readline() for _ in range(4))
        with contextlib.closing(AdminClient.from_data(tmp_path)) as admin:
            aid = admin.account_id()
        assert f"./pythings run --backend {url} --aid {aid} --ca {ca}\n" in text
        assert f"./pythings cloud app create NAME --data {tmp_path}\n" in text
        child.send_signal(signal.SIGINT)
        assert (child.wait(PATIENCE_S), child.stderr.read()) == (0, "")
        assert child.stdout.read() == "The local cloud has stopped.\n"


def test_nothing_is_lost_when_it_is_killed(tmp_path):
    with process(tmp_path, "--json") as (child, first):
        url = json.loads(first)["url"]
        admin = AdminClient.from_data(tmp_path)
        aid = admin.create_app("App")
        version = admin.commit(aid, {"worker_task.py": "x = 1"})
        admin.set_pool(aid, "development", {"worker_interval": "9"})
        thing = Thing(Wire(url), aid)
        thing.preregister(admin.key())
        thing.register()
        thing.report("OK")
        mid = admin.send_message(thing.tid, "before")
        admin.send_message(thing.tid, "after")
        assert thing.management()["msg"] == "before"
        thing.call("apps/worker/", msg={"n": 1}, ts=1700000000)
        key = admin.key()
        admin.close()
        child.kill()
        child.wait(PATIENCE_S)
    assert (tmp_path / "admin.json").exists()  # stale: nothing listens there
    assert main(["key", "--data", str(tmp_path)]) == 1
    with process(tmp_path, "--json") as (child, first):
        thing.wire = Wire(json.loads(first)["url"])
        admin = AdminClient.from_data(tmp_path)
        assert admin.key() == key
        answer = thing.management()
        assert answer["msg"] == "after"
        assert answer["settings"]["worker_interval"] == "9"
        assert answer["settings"]["app_version"] == version
        thing.report("OK", msg={"mid": mid, "rep": "yes"})
        assert admin.messages(thing.tid)[0]["reply"] == "yes"
        assert [reading["msg"] for reading in admin.readings(thing.tid)] == [{"n": 1}]
        assert [event["what"] for event in admin.events()].count("management") == 2
        admin.close()


def test_libraries_are_loaded_without_a_look_for_garbage():
    for error in (None, OSError):
        with contextlib.suppress(OSError), serve._kept():
            assert not gc.isenabled()
            if error:
                raise error
        assert gc.isenabled()


def test_serving_in_this_process(tmp_path, capsys):
    ours = signal.getsignal(signal.SIGTERM)
    import threading

    def stop_when_ready(text):
        threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGTERM)).start()
        return text

    shown = serve._as_text
    serve._as_text = lambda ready: stop_when_ready(shown(ready))
    try:
        assert main(["--port", "0", "--data", str(tmp_path)]) == 0
    finally:
        serve._as_text = shown
    assert capsys.readouterr().out.startswith("The local cloud is ready at http:")
    assert signal.getsignal(signal.SIGTERM) == ours


def test_serve_with_half_a_certificate(tmp_path, capsys):
    assert main(["serve", "--data", str(tmp_path), "--cert", "x.pem"]) == 1
    assert "Give both --cert and --key" in capsys.readouterr().err


def test_a_cloud_that_cannot_start(cloud, capsys):
    assert main(["--data", str(cloud.data)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("pythings cloud: A local cloud already runs")
    assert error.count("\n") == 1


def test_apps(run, result, tmp_path):
    aid = result("app", "create", "Lamp")["aid"]
    (tmp_path / "worker_task.py").write_text("class WorkerTask: pass")
    (tmp_path / "management_task.py").write_text("class ManagementTask: pass")
    (tmp_path / "notes.txt").write_text("-")
    first = result("app", "commit", aid, str(tmp_path))["version"]
    notes = ("app", "commit", aid, str(tmp_path / "notes.txt"), "--version", "7")
    status, out, told = run(*notes)
    assert (status, out) == (1, "")
    assert "pythings cloud: worker_task.py is missing" in told
    assert told.endswith("Not committed, as no Thing could run it. Mend it, or give --force.")
    status, out, told = run(*notes, "--force")
    assert (status, out.splitlines()[0]) == (0, "Version 7: notes.txt")
    assert "pythings cloud: worker_task.py is missing" in told
    status, _, told = run(*notes[:-2], "--force", "--newest", first)
    assert (status, f"version {first} is no longer the newest" in told) == (1, True)
    status, out, _ = run("app", "list")
    assert status == 0
    assert f"{aid}  Lamp  versions" in out
    (app,) = (app for app in result("app", "list") if app["aid"] == aid)
    assert app["versions"][1:] == [first, "7"]
    assert run("app", "create", "Other")[1].startswith("App Other: ")


def test_commits_that_cannot_be(run, aid, tmp_path):
    status, _, error = run("app", "commit", aid, str(tmp_path))
    assert (status, "no .py files" in error) == (1, True)
    status, _, error = run("app", "commit", aid, str(tmp_path / "missing.py"))
    assert status == 1
    assert error.endswith("missing.py as text: No such file or directory.")
    (tmp_path / "latin.py").write_bytes(b"\xe9")
    status, _, error = run("app", "commit", aid, str(tmp_path / "latin.py"))
    assert (status, error.endswith("it is not UTF-8 text.")) == (1, True)
    wire = str(ROOT / "tests/unit/cloud/wire.py")
    status, _, error = run("app", "commit", "nope", wire, "--force")
    assert (status, "no app nope" in error) == (1, True)


@pytest.mark.parametrize("name", ["", "it's", '"', "a\\", "a\nb", "\x1b[2J"])
def test_names_that_no_version_can_have(run, aid, tmp_path, name):
    (tmp_path / "worker_task.py").write_text("a = 1")
    with pytest.raises(SystemExit):
        run("app", "commit", aid, str(tmp_path), "--version", name)


def test_nothing_that_a_thing_says_moves_the_cursor(
    cloud, run, result, wire, aid, capsys, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "1000")
    it = Thing(wire, aid)
    it.tid = "T\x1b]0;x\x07\u202e"
    assert it.register(app_version="1\nforged  online", pool="\x9b2J").status == 200
    told = capsys.readouterr().err
    it.report("KO", "\x1b[2J\x9b31m")
    it.call("apps/worker/", msg={"\x9b2J": "\u202e\x7f"})
    lines = run("thing", "list")[1].splitlines()  # of other tests' Things, too
    line = next(line for line in lines if line.startswith("T\\x1b]0;x\\x07\\u202e  "))
    assert "Unknown" in line
    shown = line + run("data", it.tid)[1] + run("message", "\x1b[2J", "1")[2] + told
    assert "asks for the pool" in told
    assert shown.replace("\n", "").isprintable()
    assert it.tid in [row["tid"] for row in result("thing", "list")]  # JSON has its own escapes


def test_pools(run, result, aid):
    changes = ["worker_interval=5", "ssl=true", 'extra={"a": 1}', "backend=h:1", "word=x=y"]
    pool = result("pool", "set", aid, "staging", *changes, "--remove", "setup_timeout", "--force")
    settings = pool["settings"]
    assert settings["worker_interval"] == "5"
    assert (settings["ssl"], settings["extra"], settings["word"]) == (True, {"a": 1}, "x=y")
    assert "setup_timeout" not in settings
    assert '"backend": "h:1"' in run("pool", "set", aid, "staging")[1]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            "worker_intervall=5",
            "There is no setting worker_intervall. There are pythings_version, ",
        ),
        ("pool=staging", "There is no setting pool."),
        ("app_version=nope", "has no version nope. It has 1"),
        ("worker_interval=soon", "worker_interval is not a whole number but 'soon'"),
        ("management_interval=0", "management_interval is not between 1 and 604800 seconds but 0"),
        ("ssl=yes", "ssl is neither true nor false but 'yes'"),
        ("backend=http://a", "backend is not a host or host:port but 'http://a'"),
    ],
)
def test_settings_that_can_only_be_a_mistake(run, result, thing, aid, change, told):
    for start in (("pool", "set", aid, "staging"), ("thing", "set", thing.tid)):
        status, out, error = run(*start, change)
        assert (status, out) == (1, "")
        assert told in error
        assert "--force" in error
    name, _, value = change.partition("=")
    forced = result("pool", "set", aid, "staging", change, "--force")["settings"]
    assert str(forced[name]) == value


def test_a_version_that_there_is(result, aid):
    (app,) = (app for app in result("app", "list") if app["aid"] == aid)
    change = "app_version=" + app["versions"][0]
    assert result("pool", "set", aid, "staging", change)["settings"]["app_version"]


def test_data_and_json_stand_before_a_subcommand_too(cloud, aid, capsys):
    data = str(cloud.data)
    for arguments in (
        ["--data", data, "--json", "app", "list"],
        ["--data=" + data, "app", "--json", "list"],
        ["--json", "app", "list", "--data", data],
        ["--data", "/nowhere", "app", "list", "--data", data, "--json"],
    ):
        assert main(arguments) == 0
        assert aid in [app["aid"] for app in json.loads(capsys.readouterr().out)]
    with pytest.raises(SystemExit):
        main(["--json", "--data"])
    assert "--data" in capsys.readouterr().err


def test_a_folder_of_releases_that_is_not_there(tmp_path, capsys):
    missing = str(tmp_path / "missing")
    assert main(["--json", "--data", str(tmp_path / "data"), "--dist", missing]) == 1
    assert "There is no folder " + missing in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


def test_a_thing_that_asks_for_a_pool_that_is_not_there(cloud, wire, aid, capsys):
    it = Thing(wire, aid)
    assert it.register(pool="nosuch").status == 200
    told = capsys.readouterr().err
    assert f"{it.tid} asks for the pool nosuch, which app {aid} does not have" in told
    (event,) = (event for event in cloud.admin.events() if event["tid"] == it.tid)
    assert event["summary"].endswith("there is no pool nosuch, it is in development")
    assert cloud.admin.thing(it.tid)["pool"] == "development"


def test_things(run, result, thing, aid, monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")
    line = next(line for line in run("thing", "list")[1].splitlines() if thing.tid in line)
    assert line.split()[1] == "run"
    assert line.split()[-4:] == ["Test", "development", "Unknown", "Unknown"]
    assert thing.tid in [row["tid"] for row in result("thing", "list")]
    assert result("thing", "set", thing.tid, "worker_interval=5")["custom"] is True
    assert result("thing", "set", thing.tid, "--pool-settings")["custom"] is False
    moved = result("thing", "set", thing.tid, "--pool", "staging", "--app", aid)
    assert moved["pool"] == "staging"
    assert "staging" in run("thing", "set", thing.tid)[1]
    row = result("thing", "list")[0]
    silent = "\n".join(thing_lines({**row, "last_contact": 100_000.0}, 100_090.0))
    assert "heard 1 min ago, 1970-01-02 03:46:40Z" in silent
    told = {**row, "worker": "KO: no sensor", "worker_at": 100_000.0, "management": "OK"}
    lines = list(thing_lines(told, 100_600.0))
    assert "  worker    KO: no sensor  (10 min ago)" in lines
    assert "  management OK" in lines  # reported to a cloud that kept no times
    assert "never heard of" in "".join(thing_lines({**row, "last_contact": None}, 0.0))
    assert result("thing", "expire", thing.tid) == {"ended": 1}
    assert run("thing", "expire", thing.tid)[1] == "Sessions ended: 0"


def test_messages(run, result, thing):
    mid = result("message", thing.tid, '{"a": 1}')["mid"]
    assert run("message", thing.tid, "just", "text")[0] == 0
    assert run("command", thing.tid, "print(1)")[1].startswith("Queued as ")
    assert result("command", thing.tid, "1")["mid"]
    thing.report("OK")
    thing.management()
    thing.report("OK", msg={"mid": mid, "rep": "é"})
    rows = result("messages", thing.tid)
    assert [row["msg"] for row in rows] == [{"a": 1}, "just text", "print(1)", "1"]
    lines = run("messages", thing.tid)[1].splitlines()
    assert lines[0].startswith(f"{mid}  APP  queued 20")
    assert [part.split()[0] for part in lines[0].split("  ")[2].split(", ")] == [
        "queued", "delivered", "received",
    ]  # fmt: skip
    assert lines[1] == '  {"a": 1}  ->  "é"'
    assert lines[3] == '  "just text"'


def test_data(cloud, run, result, thing, capsys):
    for n in range(3):
        thing.call("apps/worker/", msg={"n": n}, ts=n)
    assert [row["ts"] for row in result("data", thing.tid, "--last", "2")] == [1, 2]
    assert run("data", thing.tid)[1].splitlines()[0] == '1970-01-01 00:00:00Z  {"n": 0}'
    assert main(["data", thing.tid, "--last", "0", "--data", str(cloud.data)]) == 0
    assert capsys.readouterr().out == ""


def test_key(cloud, run, result):
    assert run("key")[1] == str(cloud.ready.modulus)
    assert result("key") == {"key": str(cloud.ready.modulus)}


def test_nobody_there(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PYTHINGS_CLOUD_DATA", str(tmp_path))
    assert main(["app", "list"]) == 1
    error = capsys.readouterr().err
    assert str(tmp_path) in error
    assert "Start it with `pythings cloud`" in error


@pytest.mark.parametrize(
    "arguments",
    [["unknown"], ["app"], ["pool", "set", "A", "staging", "word"], ["--port", "x"], ["thing"]],
)
def test_wrong_usage(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert "usage: pythings cloud" in capsys.readouterr().err


def test_help(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    assert "serve" in capsys.readouterr().out


def test_the_other_subcommands_do_not_load_the_server(cloud):
    code = (
        "import sys; from app.cli.cloud import main; main(sys.argv[1:]);"
        "sys.exit(bool({'starlette', 'uvicorn', 'cryptography'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, "key", "--data", str(cloud.data)]
    assert subprocess.run(command, cwd=ROOT, capture_output=True).returncode == 0


def test_a_signed_app_is_committed_as_it_was_signed(run, aid, tmp_path):
    source = tmp_path / "signed"
    source.mkdir()
    task = "class %sTask:\n    def call(self%s):\n        pass\n"
    files = {
        "worker_task.py": (task % ("Worker", "")).encode(),
        "management_task.py": (task % ("Management", ", data")).encode(),
    }
    files[NAME] = manifest(aid, 7, 1, files, [signer("app")])
    for name, data in files.items():
        (source / name).write_bytes(data)
    assert run("app", "commit", aid, str(source))[2] == ""
    (source / "worker_task.py").write_bytes(files["worker_task.py"] + b"x = 2\n")
    status, _, err = run("app", "commit", aid, str(source))
    assert status == 1
    assert "worker_task.py is not as it was signed. Sign again" in err
