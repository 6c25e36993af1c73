"""`pythings provision`: the rows of the file, their ports, and the report."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from app import cli
from app.cli import provision
from app.install import bulk, ports
from app.install.bulk import BulkReport
from app.install.errors import InstallError

SECRET = "correct horse"

# `pythings install`, as far as its caller sees it: notes its settings, and fails at port "bad".
INSTALL = """\
import json, os, sys
words = sys.argv[1:]
port = words[words.index("--port") + 1]
told = {name: os.environ[name] for name in os.environ if name.startswith("PYTHINGS_")}
with open(os.path.join(%r, port), "w") as file:
    json.dump([words, told], file)
print(json.dumps({"event": "write", "text": "Writing"}))
print(json.dumps({"event": "progress", "percent": 5}))
if port == "bad":
    print(json.dumps({"event": "failed", "text": "no answer\\nhold BOOT"}))
    sys.exit(1)
if port == "broken":
    sys.exit("a traceback")
"""


@pytest.fixture
def things(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that provisions from a text: the status, and each installer's input."""
    made = tmp_path / "made"
    script = ["-I", "-S", "-c", INSTALL % str(made)]
    monkeypatch.setattr(provision, "command", lambda *words: [sys.executable, *script, *words[1:]])

    def act(text: str, *arguments: str):
        made.mkdir()
        (tmp_path / "things.csv").write_text(text)
        status = cli.main(["provision", "--from", str(tmp_path / "things.csv"), *arguments])
        found = {path.name: json.loads(path.read_text()) for path in made.iterdir()}
        for path in made.iterdir():
            path.unlink()
        made.rmdir()
        return status, found

    return act


def test_it_goes_on_where_it_stopped(things, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("PYTHINGS_AID", "of-all")
    monkeypatch.setenv("PYTHINGS_WIFI_PASSWORD", "of all")
    text = "tid,aid,wifi,wifi_password\nT1,,N,%s\nT2,A2,N,\nT3,,,\nT4,,,\n" % SECRET
    base = tmp_path / "base.bin"
    status, found = things(text, "--port", "one", "--port", "bad", "--base", str(base))
    said = capsys.readouterr().out
    assert status == 1
    assert "1 boards are done, 1 failed, 2 wait for a port" in said
    assert "T2 at bad: no answer\nhold BOOT\n" in said
    words, told = found["one"]
    assert words == ["--yes", "--json", "--port", "one", "--base", str(base), "--wifi", "N"]
    assert (told["PYTHINGS_TID"], told["PYTHINGS_AID"]) == ("T1", "of-all")
    assert told["PYTHINGS_WIFI_PASSWORD"] == SECRET
    assert found["bad"][1]["PYTHINGS_WIFI_PASSWORD"] == ""  # an open network
    assert found["bad"][1]["PYTHINGS_AID"] == "A2"
    report = tmp_path / "things.report.csv"
    lines = report.read_text().splitlines()
    assert lines[0] == "tid,port,result,text"
    assert sorted(lines[1:]) == ["T1,one,done,", "T2,bad,failed,no answer hold BOOT"]
    assert SECRET not in said + report.read_text()
    status, found = things(text, "--json", "--port", "one", "--port", "broken", "--port", "c")
    assert status == 1
    tids = {port: told["PYTHINGS_TID"] for port, (_, told) in found.items()}
    assert tids == {"one": "T2", "broken": "T3", "c": "T4"}
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[-1] == {"event": "end", "done": 3, "failed": 1, "waiting": 0}
    assert {"tid": "T3", "port": "broken", "event": "text", "text": "a traceback"} in events
    assert things(text, "--port", "one")[0] == 0
    assert things(text) == (0, {})  # all are done, so it needs no port


def test_without_a_port(things, capsys, monkeypatch) -> None:
    monkeypatch.setattr(ports, "found", lambda: [ports.SerialPort("ttyS0", "", "", "")])
    assert things("tid\nT1\n") == (1, {})
    assert "no port has a likely board - connect one, or" in capsys.readouterr().err
    monkeypatch.setattr(ports, "found", lambda: [ports.SerialPort("usb0", "", "", "an ESP32")])
    assert list(things("tid\nT1\n")[1]) == ["usb0"]
    assert cli.main(["provision", "--from", "."]) == 1
    assert ". cannot be read: Is a directory" in capsys.readouterr().err


def test_rows_get_their_own_port_or_the_next(tmp_path) -> None:
    (tmp_path / "a").write_text("tid,port\nT1,\nT2,x\nT3,\nT4,x\nT5,\n")
    found = bulk.placed(bulk.read(tmp_path / "a"), ["x", "y", "y", "z"])
    assert {row.tid: port for row, port in found} == {"T1": "y", "T2": "x", "T3": "z"}


def test_a_link_to_a_port_is_that_port(tmp_path) -> None:
    (tmp_path / "by-id").symlink_to(tmp_path / "usb0")
    link, port = str(tmp_path / "by-id"), str(tmp_path / "usb0")
    (tmp_path / "a").write_text("tid,port\nT1,%s\nT2,\nT3,%s\n" % (link, port))
    found = bulk.placed(bulk.read(tmp_path / "a"), [port])
    assert [(row.tid, at) for row, at in found] == [("T1", link)]
    (tmp_path / "b").write_text("tid\nT1\nT2\n")
    found = bulk.placed(bulk.read(tmp_path / "b"), [link, port])
    assert [at for _, at in found] == [link]


def test_a_step_is_done_apart_from_the_others(things, tmp_path) -> None:
    for step in ("flash", "provision"):
        status, found = things("tid\nT1\n", "--only", step, "--port", "one")
        assert (status, list(found)) == (0, ["one"])
        assert "T1,one,done," in (tmp_path / ("things.%s.report.csv" % step)).read_text()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has not one column `tid` - its first line has tid and"),
        ("aid\nA\n", "has not one column `tid`"),
        ("tid,tid\nA,B\n", "has not one column `tid`"),
        ("tid,AID\nT,A\n", "has a column 'AID' - its first line has tid"),
        ("a secret in the wrong file\n", "has not one column `tid`"),
        ("tid,%s\n" % ("x" * 999), "has a column 'x{39} - its"),
        ("tid\n", "has 0 boards - give 1 to 1000"),
        ("tid,aid\nT1,A\n,A\n", "line 3: there is no tid - give each board one"),
        ("tid\nT1\n\nT1\n", "line 4: the tid T1 is there twice"),
        ("tid,wifi\nT1,a,b\n", "line 2: it has not as many cells as the first"),
        ("tid,wifi,wifi_password\nT1,a\n", "line 2: it has not as many cells as the first"),
        ("tid,aid\nT1,%s\n" % ("A" * 37), "line 2: aid is longer than 36"),
        ("tid,wifi,wifi_password\nT1,N,short\n", "line 2: .*8 to 63 bytes"),
        ('tid\n"T1"x\n', "cannot be read: it is no text of CSV"),
    ],
)
def test_a_file_is_refused_before_a_board_is_touched(text, says, tmp_path) -> None:
    (tmp_path / "things.csv").write_text(text)
    with pytest.raises(InstallError, match=says) as caught:
        bulk.read(tmp_path / "things.csv")
    assert "short" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_report_that_cannot_be_kept(tmp_path) -> None:
    with pytest.raises(InstallError, match="cannot be written: Is a directory - give another"):
        BulkReport(tmp_path).done()
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(InstallError, match="cannot be read: it is not UTF-8 text - give another"):
        BulkReport(tmp_path / "bytes").done()
    (tmp_path / "things.csv").write_text("tid,aid\nT1,A1\n")
    with pytest.raises(InstallError, match="is no report of boards - give another"):
        BulkReport(tmp_path / "things.csv").done()
    assert (tmp_path / "things.csv").read_text() == "tid,aid\nT1,A1\n"
