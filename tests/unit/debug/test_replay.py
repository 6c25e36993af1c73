"""Recordings: made by the shell, repeated by the domain, forwards and backwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.cli import replay as command
from app.shell import language
from app.shell.errors import ShellError
from app.shell.recording import Recorder, named
from app.shell.replay import Replay
from app.shell.replayed_ports import Diverged
from app.shell.runs import RecordedRun, load
from domain.errors import CloudError
from domain.health.slots import Slot
from tests.fakes.portal import FakePortal
from tests.fakes.source import pieces, whole
from tests.fakes.system import FakeSystem
from tests.fakes.thing import make_thing
from tests.unit.debug.local import LocalConnection, person
from tests.unit.debug.support import Bench

START = (
    '{"pythings": 1, "start": {"version": "1", "default_backend": "a", "given": {}, "links": 1}}'
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Record a life with trouble: an update, faults, a broken app, commands, a restart."""
    thing = make_thing(system=FakeSystem("power_on"))
    thing.portal = portal = FakePortal(thing.clock, offered=True)
    cloud = thing.cloud
    thing.cloud.apps["7"] = {"worker_task.py": "class ...", "management_task.py": ""}
    thing.cloud.settings["app_version"] = "7"
    thing.apps.worker = lambda: {"t": 1}
    path = tmp_path_factory.mktemp("debug") / "record"
    with person(LocalConnection(thing)) as she:
        assert "recording to" in she.text("record %s" % path)
        she.do("until setup")
        portal.polls += [(True, False), (False, True)]
        she.do("until run")
        she.do("until update")
        cloud.script("app_file", CloudError("trouble", "a page instead of an answer"))
        she.do("until run")
        she.do("update check")
        she.do("until update")
        she.do("until boot")
        she.do("until run")
        she.do("app call worker")
        she.do("set pool north")
        for number, asked in enumerate((":state", ":ls", ":trace 3", ":cat pool", ":params")):
            cloud.messages.append(("from afar %d" % number, "CMD", asked))
            for line in ("step", "step", "step", "update check", "step"):
                she.do(line)  # a message comes only after the status was told
        assert [mid for mid in cloud.replies if "from afar" in mid] == [
            "from afar %d" % number for number in range(5)
        ]
        assert "refused" not in "".join(cloud.replies[mid] for mid in cloud.replies)
        for fault in ("link", "session", "disk", "app"):
            she.do("inject %s" % fault)
            for _ in range(40):
                she.do("step")
            she.do("inject heal")
            she.do("until run")
        she.do("inject clock 60")
        with pytest.raises(ShellError):
            she.do("fire booted")
        she.do("setup")
        she.do("reboot")
        she.do("step")
        lines = she.text("record off")
        assert lines == "%d lines are recorded" % len(path.read_text().splitlines())
        assert json.loads(path.read_text().splitlines()[0])["start"]["given"] == {"aid": "app-1"}
    return path


def test_the_domain_does_the_same_again(file: Path):
    first, second = load(file)
    assert [event for _, event, _ in first.transitions()].count("update_wanted") >= 2
    assert [event for _, event, _ in first.transitions()][-3:] == ["fault", "fault", "setup_wanted"]
    for run in (first, second):
        replay = Replay(run)
        while replay.forward():
            pass
        moved = [[f["old"], f["by"], f["new"]] for _, name, f in replay.told if name == "state"]
        assert moved == run.transitions()
    assert second.transitions()[0][0] == "boot"


def test_another_domain_is_noticed(file: Path):
    (run, _) = load(file)
    at = next(n for n, note in enumerate(run.notes) if note[0] == "to" and note[2] == "linked")
    run.notes[at] = ["to", "connect", "no_link", "recover"]
    replay = Replay(run)
    with pytest.raises(Diverged, match="linked"):
        while replay.forward():
            pass


def test_another_call_is_noticed(file: Path):
    (run, _) = load(file)
    at = [n for n, note in enumerate(run.notes) if note[0] == "call"][3]
    del run.notes[at]
    replay = Replay(run)
    with pytest.raises(Diverged, match="note %d" % at):
        while replay.forward():
            pass
    run.notes.insert(0, ["call", 0, "monotonic", "", 1, None])
    with pytest.raises(Diverged, match="nothing"):
        Replay(run).forward()


def test_a_recording_that_ends_anywhere_is_repeated_as_far_as_it_goes(file: Path):
    whole = len(load(file)[0].notes)
    for size in range(0, min(whole, 120), 7):
        (run, _) = load(file)
        del run.notes[size:]
        replay = Replay(run)
        while replay.forward():
            pass


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "nothing is recorded"),
        ("{", "line 1: this is no recording"),
        ('["step"]', "line 1: this is no recording"),
        ('{"pythings": 1}', "line 1: this is no recording"),
        ("1", "line 1: this is no recording"),
        ('{"pythings": 9, "start": {}}', "another version"),
        ('{"pythings": 1, "start": {}}', "line 1: this is no recording"),
        (START + '\n{"lost": 3}', "line 2: 3 lines were lost"),
        (START + '\n{"lost": null}', "line 2: this is no recording"),
        (START.replace(": 1}}", ": 1000000000}}"), "line 1: this is no recording"),
        (START.replace("{}", "[]"), "line 1: this is no recording"),
        (START + "\n[]", "line 2: this is no recording"),
        (START + '\n["piece", "Q"]', "line 2: this is no recording"),
        (START + '\n["call", 0, 0, "", 1]', "line 2: this is no recording"),
        (START + '\n["call", 0, {}, "", 1, null]', "line 2: this is no recording"),
        (START + '\n["call", 0, 0, "", 1, [9, "a", "b"]]', "line 2: this is no recording"),
        (START + '\n["command", "record"]', "line 2: this is no recording"),
        (START + '\n["call", 0, 0, "", {"bytes": "*"}, null]', "line 2: this is no recording"),
        (START + "\n" + "[" * 2000, "line 2: this is no recording"),
        (START + '\n["to", "\\ud800", "b", "c"]', "line 2: this is no recording"),
    ],
)
def test_what_is_no_recording(tmp_path: Path, text: str, says: str, capsys):
    (tmp_path / "file").write_text(text)
    with pytest.raises(ShellError, match=says):
        load(tmp_path / "file")
    assert command.main([str(tmp_path / "file")]) == 1
    assert says in capsys.readouterr().err
    assert command.main([str(tmp_path / "nowhere")]) == 1


def test_what_boards_number_is_named(tmp_path: Path):
    """By the numbers of today, and of an OS that counted the methods of all ports together."""
    heads = {"now": {"methods": 2}, "before": {}}
    numbers = {"now": (9, 3, 9, 9), "before": (22, 7, 7, 99)}
    for when, head in heads.items():
        recorder = Recorder(tmp_path / when)
        recorder.start(lambda words, head=head: head)  # type: ignore[misc]
        for port, method in zip((2, 1, 2, 5), numbers[when], strict=True):
            recorder.note(0, ["call", port, method, "x", None, None])
        recorder.note(0, ["call", "x"])
        recorder.close()
        lines = [json.loads(line) for line in (tmp_path / when).read_text().splitlines()]
        methods = [line[2] for line in lines if isinstance(line, list) and line[2:]]
        unknown = "app_file" if when == "now" else ""  # 7: on a board the name of two
        assert methods == ["app_file", "receive", unknown, ""]


def test_a_file_of_the_version_before_is_read(file: Path, tmp_path: Path):
    """It has numbers, some of them of a method of another port with the same short name."""
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    old = {"clock": {"monotonic": 0, "epoch": 1, "set_epoch": 2, "sleep": 3}}
    for line in lines:
        if isinstance(line, dict):
            line["pythings"] = 1
            del line["start"]["methods"]
        elif line[0] == "call":
            line[2] = old["clock"].get(line[2], 7 if line[2] == "app_file" else -1)
    (tmp_path / "old").write_text("".join(json.dumps(line) + "\n" for line in lines))
    for run in load(tmp_path / "old"):
        replay = Replay(run)
        while replay.forward():
            pass
        assert [[f["old"], f["by"], f["new"]] for _, name, f in replay.told if name == "state"]


def test_lost_lines_are_noted(tmp_path: Path):
    recorder = Recorder(tmp_path / "file")
    recorder.start(lambda words: {"words": words})
    for number in (0, 1, 4):
        recorder.note(number, ["step"])
    recorder.close()
    recorder.note(5, ["step"])
    lines = [json.loads(line) for line in (tmp_path / "file").read_text().splitlines()]
    assert lines[1:] == [["step"], ["step"], {"lost": 2}, ["step"]]
    with pytest.raises(ShellError):
        Recorder(tmp_path)


def run(file: Path, text: str, status: int = 0) -> list[object]:
    """Return the answers of the command, or the texts of its errors."""
    player = command.Player(load(file))
    found = []
    for words in language.commands(text):
        try:
            found.append(player.do(words)[0])
        except ShellError as error:
            found.append(str(error))
    return found


def test_to_and_fro(file: Path):
    start, recover, back, end, again = run(file, "state; until recover; back 2; end; goto 0")
    assert start == again
    assert recover["state"] == "recover"  # type: ignore[index]
    assert back["move"] == recover["move"] - 2  # type: ignore[index]
    assert end["move"] > recover["move"]  # type: ignore[index]
    second, told, journal, trace, slots = run(file, "run 2; next; told 1; journal; trace; slots")[
        1:
    ]
    assert second["run"] == 2 and second["move"] == 1  # type: ignore[index]
    assert told[0][0] == "state"  # type: ignore[index]
    assert journal["starts"] == 0  # type: ignore[index]
    assert trace[0][1] == "boot"  # type: ignore[index]
    assert slots["app"]["version"] == "7"  # type: ignore[index]
    wrong = run(file, "run 3; next x; until nowhere; until; cook; run 2; until update; trace x")
    assert wrong[0] == "there are 2 runs"
    assert wrong[1] == "x is no number"
    assert wrong[2] == "nowhere is neither a state nor an event"
    assert wrong[3] == "nothing is neither a state nor an event"
    assert "no command cook" in str(wrong[4])
    assert wrong[6] == "update is not reached in this run"
    assert "invalid literal" in str(wrong[7])


def test_the_command(file: Path, capsys):
    assert command.main([str(file)]) == 0
    assert "run --update_wanted--> update" in capsys.readouterr().out
    assert command.main([str(file), "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [item["run"] for item in found] == [1, 2]
    assert found[0]["transitions"] == load(file)[0].transitions()
    assert command.main([str(file), "-c", "until recover; state", "-c", "cook; quit; cook"]) == 1
    assert capsys.readouterr().out.count("no command cook") == 1
    assert command.main([str(file), "--json", "-c", "next; cook"]) == 1
    assert json.loads(capsys.readouterr().out.splitlines()[1])["ok"] is False


def test_a_broken_app_is_repeated_too(tmp_path: Path):
    thing = make_thing()
    thing.journal.app = Slot("a", "1")
    path = tmp_path / "file"
    with person(LocalConnection(thing)) as she:
        she.do("record %s" % path)
        she.do("record %s" % (tmp_path / "other"))  # instead
        with pytest.raises(ShellError, match="no recording"):
            she.do("record off")
            she.do("record off")
        she.do("step")
        assert "from its next start on" in she.text("record %s" % path)
        she.host.close()


def test_pieces_are_heard_again():
    head = {"links": 0, "version": "v", "default_backend": "x", "given": {}}
    run = RecordedRun(head)
    run.notes = [
        *(["piece", "YWI="], ["piece", "Yw=="]),
        ["call", 1, "source", "x", True, None],
        *(["piece", "YWI="], ["piece", "Yw=="]),
        ["call", 1, "source", "x", None, [1, "untrusted", "refused"]],
    ]
    replay = Replay(run)
    assert list(pieces(replay.thing.storage.source("x"))) == [b"ab", b"c"]
    with pytest.raises(CloudError, match="refused"):
        whole(replay.thing.storage.source("x"))
    assert len(replay.thing.crypto.sha256(b"")) == 32


def test_an_error_that_nobody_foresaw_is_repeated():
    run = RecordedRun({"links": 0, "version": "v", "default_backend": "x", "given": {}})
    run.notes = [["call", 1, "mount", "", None, [-1, "", "MemoryError()"]]]
    replay = Replay(run)
    with pytest.raises(MemoryError):
        replay.thing.storage.mount()
    run.notes = [["call", 1, "mount", "", None, [-1, "", "OSError(5)"]]]
    with pytest.raises(RuntimeError, match="OSError"):
        Replay(run).thing.storage.mount()
    assert replay.line() is None  # type: ignore[func-returns-value]


class Ends(BaseException):
    """A signal that ends the Thing, or its restart."""


@pytest.mark.parametrize("end", ["in a call", "between two steps", "by a restart"])
def test_the_end_of_the_loop_is_no_part_of_the_domain(end: str, monkeypatch: pytest.MonkeyPatch):
    """The call in which the end came has no note; those that save everything then have."""
    bench = Bench()
    thing: Any = bench.thing
    head = bench.ask("record", "on")
    bench.run(until="run")

    def ends(*_: object) -> None:
        raise Ends

    if end == "in a call":
        monkeypatch.setattr(thing.cloud.port, "management", ends)
        with pytest.raises(Ends):
            bench.run()
    elif end == "by a restart":
        thing.system.port.on_restart = ends
        with pytest.raises(Ends):
            bench.ask("reboot")
    thing.apps.unload()
    if end != "by a restart":
        thing.save_journal()
        thing.system.stopped()
    run = RecordedRun(head)
    run.notes = [named(note, 2) for _, note in bench.answers("=")]
    replay = Replay(run)
    while replay.forward():
        pass
    assert replay.state == "run"
