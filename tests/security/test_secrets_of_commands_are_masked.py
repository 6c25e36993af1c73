"""Secret arguments of debug shell commands are masked in recordings, transcripts, the history and
the lists of messages. The command's definition marks them as secret."""

from __future__ import annotations

import json
import shlex
import stat
from pathlib import Path
from typing import Any

import pytest

from adapters.debug.commands import shown, shown_remote
from adapters.debug.port_recorder import NUMBERING
from app.shell import start
from app.shell.errors import ShellError
from app.shell.host import CommandResult
from app.shell.prompt import _history
from app.shell.recording import Recorder, named
from app.shell.replay import Replay
from app.shell.runs import RecordedRun
from app.shell.vocabulary import COMMANDS
from tests.fakes.storage import MemoryStorage
from tests.unit.debug.support import Bench

SECRET = "hunter2 hunter2"
TYPED = [
    (["net", "join", "home", SECRET], True),
    (["set", "wifi", SECRET], True),
    (["put", "board.json", "0", SECRET], True),
    (["modem", 'AT+CPIN="%s"' % SECRET], True),
    (["net", "join", "open"], False),
    (["net", "scan"], False),
    (["set", "pool", "north"], False),
    (["state"], False),
    (["net"], False),
]


@pytest.mark.parametrize(("words", "secret"), TYPED)
def test_the_definition_says_what_is_secret(words: list[str], secret: bool) -> None:
    assert (shown(words) != words) == secret
    assert SECRET not in " ".join(shown(words))
    assert shown(words)[: 1 + (len(words) > 2)] == words[: 1 + (len(words) > 2)]
    assert shown(shown(words)) == shown(words)


def test_every_command_that_takes_a_password_is_marked() -> None:
    for command in COMMANDS.values():
        for usage in command.usage.split(" | "):
            if "PASSWORD" in usage or "PIN" in usage:
                words = usage.replace("[", "").replace("]", "").split()
                assert shown(words) != words, usage


def recorded(*commands: list[str], **overrides: Any) -> str:
    bench = Bench(storage=MemoryStorage(), **overrides)
    bench.ask("hello", "hold")
    head = bench.ask("record", "on")
    for words in commands:
        bench.ask(*words)
    for _ in range(30):
        bench.ask("step")
    return json.dumps(head) + json.dumps(bench.answers("="))


def test_a_recording_holds_none() -> None:
    text = recorded(["net", "join", "home", SECRET], ["set", "wifi", json.dumps({"name": SECRET})])
    assert '["net", "join", "home", "********"]' in text
    assert "hunter2" not in text
    given = {"aid": "app-1", "wifi": '{"name": "home", "password": "%s"}' % SECRET}
    assert "hunter2" not in recorded(given=given)


def test_a_command_from_afar_is_masked() -> None:
    assert shown_remote(":net join home " + SECRET) == ":net join home ******** ********"
    assert shown_remote(":net join home hunter2hunter2") == ":net join home ********"
    for other in ("print('x')", ":state", {"a": 1}, None, 5, ":"):
        assert shown_remote(other) == other


def test_a_recording_of_a_command_from_afar_holds_none_and_is_replayed() -> None:
    bench = Bench(storage=MemoryStorage(files={"commands": b"all"}))
    cloud, storage = bench.thing.cloud, bench.thing.storage
    bench.ask("hello", "hold")
    head = bench.ask("record", "on")
    cloud.messages.append(("m1", "CMD", ":net join home hunter2hunter2"))
    for words in (["step"], ["step"], ["step"], ["update", "check"]) * 8:
        bench.ask(*words)  # a message comes only after the status was told
    assert "m1" in cloud.replies
    assert b"hunter2hunter2" in (storage.read("wifi") or b"")  # it was obeyed
    text = json.dumps(bench.answers("="))
    assert ":net join home ********" in text
    assert "hunter2" not in text
    run = RecordedRun(head)
    run.notes = [named(note, NUMBERING) for _, note in bench.answers("=")]
    replay = Replay(run)
    while replay.forward():
        pass
    moved = [[f["old"], f["by"], f["new"]] for _, name, f in replay.told if name == "state"]
    assert moved == run.transitions() != []


def test_the_head_of_a_recording_tells_no_key_to_the_shell() -> None:
    bench = Bench("salt:" + "ab" * 32)
    bench.shell.allowed = True
    head = bench.ask("record")
    assert "abab" not in json.dumps(head)
    assert head["allowed"] == "password"


def test_a_transcript_holds_none(capsys: pytest.CaptureFixture[str]) -> None:
    options: Any = type("Options", (), {"arguments": type("A", (), {"json": True})})
    words = ["net", "join", "home", SECRET]
    start._show(CommandResult(words, ["home"], [], ""), options)
    start._show_error(words, ShellError("no"), options)
    out = capsys.readouterr().out
    assert len(out.splitlines()) == 2
    assert "hunter2" not in out


def test_the_history_holds_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    history = _history()
    typed = ["state; net join home " + shlex.quote(SECRET), "net scan", "net join home 'hunter2"]
    for text in typed:
        history.append_string(text)
    kept = tmp_path / "pythings" / "shell_history"
    assert "hunter2" not in kept.read_text()
    assert "net scan" in kept.read_text()
    assert "net join home" in kept.read_text()
    assert history.get_strings()[0] == typed[0]  # in memory, until the user leaves the shell
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_recording_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "record"
    path.touch()
    path.chmod(0o644)
    Recorder(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_list_of_messages_holds_none(admin: Any, thing: Any) -> None:
    admin.send_command(thing.tid, ":net join home hunter2hunter2")
    admin.send_command(thing.tid, "print('hello')")
    rows = admin.messages(thing.tid)
    assert [row["msg"] for row in rows] == [":net join home ********", "print('hello')"]
