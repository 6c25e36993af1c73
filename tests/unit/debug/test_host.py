"""The input and the output of a person at the shell."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from app.shell import graph, language, render
from app.shell.completion import ShellCompleter
from app.shell.errors import Gone, ShellError
from app.shell.host import Quit
from app.shell.vocabulary import COMMANDS
from build.diagram import mermaid
from domain.lifecycle import STATES
from tests.fakes.storage import MemoryStorage
from tests.fakes.thing import make_thing
from tests.unit.debug.local import LocalConnection, person


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("  ;; # nothing\n", []),
        ("state", [["state"]]),
        ("state; fire linked ;state", [["state"], ["fire", "linked"], ["state"]]),
        ("set pool 'north; east'\nstate # why", [["set", "pool", "north; east"], ["state"]]),
        ("app call management '{\"a\": 1}'", [["app", "call", "management", '{"a": 1}']]),
        ("set pool ''", [["set", "pool", ""]]),
    ],
)
def test_the_language(text, words):
    assert language.commands(text) == words


def test_a_quote_that_does_not_end():
    with pytest.raises(ShellError, match="quotation"):
        language.commands("set pool 'north")


def test_what_a_person_reads():
    with person() as she:
        assert she.text("state").startswith("boot HELD | no link | no session | app none | 19 KiB")
        assert she.text("events") == "booted  setup_wanted  must_recover  fault"
        assert she.text("trace") == "nothing has happened yet"
        assert she.text("step") == "--booted--> connect"
        assert she.text("fire linked") == "connect --linked--> register"
        assert she.text("until register") == "still in register"
        assert "connect --linked--> register (by hand)" in she.text("trace")
        assert she.text("mem") == "20000 of 40000 bytes free"
        assert she.text("break run") == "run"
        assert she.text("clear") == "none"
        assert she.text("inject") == "none"
        assert "management_interval  60" in she.text("settings")
        assert she.text("get aid") == "app-1"
        assert she.text("get pool") == ""
        assert she.text("auto").startswith("held")
        assert she.text("until run").endswith("register --registered--> run") or True
        assert she.text("help fire").startswith("fire EVENT\n")
        assert "several in one line" in she.text("help").lower()
        assert "run STATE" not in she.text("help until")


def test_troubles_and_readings_are_told_with_the_state():
    with person() as she:
        she.do("inject dns")
        she.do("until recover")
        she.connection.thing.queue.put(1, "x")
        text = she.text("state")
        assert "FAULT dns" in text
        assert "1 readings wait" in text
        assert "last trouble: the name does not resolve" in text
        now = she.do("state").value["uptime_ms"]
        she.connection.thing.status.set(now - 60_000, "worker", "no sensor")
        assert re.search(r"^worker     KO for 0:01:0\d: no sensor$", she.text("state"), re.M)
        assert "(the name does not resolve - injected)" in she.text("trace")


def test_networks_as_a_person_reads_them():
    with person() as she:
        assert she.text("net scan") == "no network is in reach"
        she.connection.thing.links[0].networks = [("home", -70, True), ("ca\x1bfe", -40, False)]
        assert she.text("net scan") == " -40 dBm  ca\\x1bfe (open)\n -70 dBm  home"


def test_commands_that_are_none_or_wrong():
    with person() as she:
        for line in ("cook", "help cook", "put", "put /nowhere", "put a b c", "graph --svg x"):
            with pytest.raises(ShellError):
                she.do(line)
        for line in ("graph --png x", "record", "record off", "sim wifi down", "repl", "sync x"):
            with pytest.raises(ShellError):
                she.do(line)
        with pytest.raises(ShellError):
            she.do("sync")
        for line in ("quit", "exit"):
            with pytest.raises(Quit):
                she.do(line)


def test_files_there_and_back(tmp_path: Path):
    (tmp_path / "x.txt").write_bytes("dëcent\n\x1b[31m".encode() * 50)
    (tmp_path / "x.bin").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "empty").write_bytes(b"")
    with person() as she:
        assert she.text("put %s" % (tmp_path / "x.bin")) == "x.bin: 5120 bytes"
        assert she.text("cat x.bin") == "5120 bytes that are no text"
        she.do("put %s app.a/x.txt" % (tmp_path / "x.txt"))
        files = she.connection.thing.storage.files
        assert files["app.a/x.txt"] == (tmp_path / "x.txt").read_bytes()
        assert she.text("cat app.a/x.txt").startswith("dëcent\n\\x1b[31m")
        she.do("put %s" % (tmp_path / "empty"))
        assert files["empty"] == b""
        assert not [name for name in files if name.startswith("shell")]
        assert she.text("rm empty") == ""


def test_until_gives_up_and_holds():
    with person(timeout=0.2) as she:
        she.connection.thing.cloud.down = None
        she.do("until run")
        with pytest.raises(ShellError, match="setup is not reached"):
            she.do("until setup")
        assert she.session.request(["state"])[0]["held"]
        she.do("break setup")
        with pytest.raises(ShellError, match="a break is not reached"):
            she.do("until")


def test_what_was_running_goes_on_where_until_gives_up():
    with person(timeout=0.2) as she:
        she.do("auto")
        with pytest.raises(ShellError, match="setup is not reached"):
            she.do("until setup")
        assert not she.session.held
        assert not she.session.request(["state"])[0]["held"]


def test_what_is_mistyped_is_guessed():
    with person() as she:
        with pytest.raises(ShellError, match="no command stat - did you mean state?"):
            she.do("stat")
        with pytest.raises(ShellError, match="no command unitl - did you mean until?"):
            she.do("help unitl")
        with pytest.raises(ShellError, match="`help` lists them"):
            she.do("xyzzy")


def test_another_gone_is_one(monkeypatch):
    with person() as she:
        she.connection.typed = lambda line: None
        monkeypatch.setattr("app.shell.host.ANSWER_S", 0.1)
        with pytest.raises(Gone):
            she.do("step")


def test_a_brown_out_is_for_things_of_our_own():
    with person() as she:
        she.do("step")
        assert she.text("inject brownout") == "the power was cut"
        while she.connection.opened < 2:
            pass
        assert she.text("state").startswith("boot HELD")
        with pytest.raises(ShellError, match="not ours"):
            she.do("sim wifi down")


def test_who_leaves_leaves_no_fault_behind():
    with person() as she:
        she.do("inject link")
        she.do("break recover")
        she.host.close()
        shell = she.connection.shell
        while shell.held:
            pass
        assert (shell.faults, shell.breaks) == ([], [])


def test_graphs(tmp_path: Path):
    with person() as she:
        assert "▶ boot      booted → connect" in she.text("graph")
        assert "Class boot s_here" in she.text("graph --mermaid")
        file = tmp_path / "picture"
        assert "boot marked" in she.text("graph --mermaid %s" % file)
        assert file.read_text() == mermaid("boot")
        with pytest.raises(ShellError):
            she.do("graph --mermaid %s/x/y" % tmp_path)


@pytest.mark.parametrize("state", STATES)
def test_a_picture_has_every_state_and_marks_one(state):
    classes = dict(re.findall(r"^  Class (\w+) s_(\w+)$", mermaid(state), re.M))
    assert set(classes) == set(STATES)
    assert [name for name, kind in classes.items() if kind == "here"] == [state]
    assert "\x1b[1m▶ %s" % state in graph.terminal(state, color=True)


def completions(completer: ShellCompleter, text: str) -> list[str]:
    return [
        text[: len(text) + found.start_position] + found.text
        for found in completer.get_completions(Document(text), CompleteEvent())
    ]


def test_completion(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "up").mkdir()
    (tmp_path / "up" / "file").write_text("")
    storage = MemoryStorage({"app.a/worker_task.py": b"", "app.a/x.py": b"", "queue.1": b""})
    with person(LocalConnection(make_thing(storage=storage))) as she:
        completer = ShellCompleter(lambda words: she.session.request(words)[0])
        assert completions(completer, "fi") == ["fire "]
        assert completions(completer, "st") == ["state", "step"]
        assert completions(completer, "fire ") == [
            "fire booted",
            "fire setup_wanted",
            "fire must_recover",
            "fire fault",
        ]
        assert completions(completer, "state; fire b") == ["state; fire booted"]
        assert completions(completer, "until r") == [
            "until register",
            "until run",
            "until recover",
            *("until registered", "until refused", "until rejected", "until resume"),
            *("until reregister", "until reconnect", "until restart"),
        ]
        assert completions(completer, "cat a") == ["cat app.a"]
        assert completions(completer, "cat app.a/w") == ["cat app.a/worker_task.py"]
        assert completions(completer, "cat app.a/x") == ["cat app.a/x.py"]
        assert completions(completer, "inject corrupt q") == ["inject corrupt queue.1"]
        assert completions(completer, "inject l") == ["inject link"]
        assert completions(completer, "get ai") == ["get aid"]
        assert completions(completer, "help gr") == ["help graph"]
        assert completions(completer, "put ") == ["put up/"]
        assert completions(completer, "put up/f") == ["put up/file"]
        assert completions(completer, "put /nowhere/x") == []
        assert completions(completer, "cook x") == []
        she.connection.thing.storage.mountable = False
        assert completions(completer, "cat ../") == []


def test_values_of_all_kinds():
    assert render.text(["app"], {"b": [1], "a": None}, []) == "%-20s null\n%-20s [1]" % ("a", "b")
    assert render.text(["app"], 5, []) == "5"
    assert render.text(["get"], "a\x1b", []) == "a\\x1b"


def test_every_command_is_known_to_the_thing_or_to_the_host():
    here = {"help", "graph", "put", "record", "sim", "repl", "sync", "quit"}
    with person() as she:
        for name in COMMANDS:
            if name not in here:
                try:
                    she.session.request([name])
                except ShellError as error:
                    assert "there is no command" not in str(error), name


def test_the_device_knows_no_other(tmp_path: Path):
    with person() as she, pytest.raises(ShellError) as caught:
        she.session.request(["cook"])
    assert json.dumps(caught.value.answer)  # type: ignore[attr-defined]
