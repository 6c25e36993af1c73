"""The debug shell's commands, as requested by the cloud."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.debug.remote import MAX_ANSWER
from adapters.debug.shell import Shell
from domain.errors import LinkError
from domain.health.journal import Journal
from domain.health.slots import FRESH, Slot
from domain.settings.parameters import Parameters
from domain.states.management import execute
from domain.states.run import Run
from tests.fakes.storage import MemoryStorage
from tests.fakes.thing import FakeThing, make_thing
from tests.unit.debug.support import Bench


class Far:
    """A remote user of a Thing in `run`. `files` are those of its storage."""

    def __init__(self, commands: str = "", files: dict[str, bytes] | None = None) -> None:
        self.thing: FakeThing = make_thing(storage=MemoryStorage(files or {}))
        self.thing.parameters = Parameters(aid="app-1", tid="T-FAKE", commands=commands)
        self.bench: Bench | None = None

    def attached(self) -> Shell:
        """Return a debug shell beside the Thing."""
        self.bench = Bench(thing=self.thing)
        return self.bench.shell

    def text(self, source: str) -> str:
        """Return the answer that the cloud gets."""
        said = execute(Run(self.thing), "m1", source)
        assert len(said) <= MAX_ANSWER
        return said

    def ask(self, source: str) -> Any:
        """Return the answer, parsed."""
        return json.loads(self.text(source))

    def refusal(self, source: str) -> str:
        """Return the reason for a refusal."""
        return str(self.ask(source)["refused"])


def test_what_may_be_asked_by_default():
    far = Far(files={"pool": b"north", "x/one": b"1"})
    state = far.ask(":state")
    assert (state["state"], state["held"], state["memory"]) == ("run", False, [20000, 40000])
    assert far.ask(": events ") == ["update_wanted", "link_lost", "session_lost", "fault"]
    assert far.ask(":mem") == [20000, 40000]
    assert far.ask(":settings")["management_interval"] == 60
    assert far.ask(":slots")["app"]["trial"] == "no"
    assert far.ask(":journal")["starts"] == 0
    assert far.ask(":queue")["waiting"] == 0
    assert far.ask(":params")["tid"] == "T-FAKE"
    assert far.ask(":get aid") == "app-1"
    assert far.ask(":ls") == ["pool", "x"]
    assert far.ask(":ls x") == ["one"]
    assert far.ask(":cat pool") == {"size": 5, "from": 0, "text": "north"}
    assert far.thing.apps.executed == []


def test_what_changes_is_not_among_it():
    far = Far()
    for source in (":set pool x", ":net scan", ":log debug", ":app call worker", ":reboot"):
        assert "parameter commands is `all`" in far.refusal(source)
    assert far.thing.storage.snapshot() == {}
    assert far.thing.system.restarts == 0


@pytest.mark.parametrize(
    "source", [":", ":sing", ":hold", ":fire fault", ":rm pool", ":put a 0 eA==", ":inject disk"]
)
def test_what_there_is_not(source: str):
    said = Far("all").refusal(source)
    assert said.startswith("there is no :%s from afar, but state " % source[1:].split(" ")[0])
    assert said.endswith("set net log app update reboot")


def test_what_may_be_changed_where_the_thing_allows_it():
    far = Far("all", {"commands": b"all"})
    assert far.ask(":set pool north side") == {"value": "north side", "given": False}
    assert far.thing.storage.read("pool") == b"north side"
    assert far.ask(":log debug") == {"level": "debug"}
    far.thing.links[0].networks = [("home", -60, True)]
    assert far.ask(":net scan") == [["home", -60, True]]
    assert far.ask(":net join attic a secret of words") == ["attic"]
    assert "there are slots for" in far.refusal(":update rollback clock")
    assert "say: update rollback" in far.refusal(":update check")
    assert "missing" in far.refusal(":set")
    assert "no app" in far.refusal(":app call worker")


@pytest.mark.parametrize("name", ["aid", "tid", "backend", "wifi", "apn", "commands", "apps"])
def test_nothing_by_which_it_is_reached(name: str):
    far = Far("all")
    assert "at the Thing only" in far.refusal(":set %s x" % name)
    assert far.thing.storage.snapshot() == {}


def test_secrets_are_not_shown():
    files = dict.fromkeys(("setup_password", "apn_password", "sim_pin"), b"hunter2")
    files["wifi"] = b"home\nhunter2\n"
    files["board.json"] = b'{"shell": "hunter:hunter2"}'
    far = Far("all", files)
    far.thing.load_parameters()
    shown = [far.text(":cat " + name) for name in files]
    shown += [far.text(":params"), far.text(":get wifi")]
    assert "hunter2" not in "".join(shown)
    assert all("***" in text for text in shown)


def test_a_file_in_pieces():
    content = b"".join(b"%d " % number for number in range(500))
    far = Far(files={"long": content, "raw": b"\xff\xfe", "quotes": b'"' * 480})
    text, at = "", 0
    while at < len(content):
        piece = far.ask(":cat long %d" % at)
        assert piece["size"] == len(content)
        text, at = text + piece["text"], at + len(piece["text"])
    assert text.encode() == content
    assert far.ask(":cat raw") == {"size": 2, "from": 0, "base64": "//4="}
    assert far.ask(":cat quotes")["text"] == '"' * 480
    assert "there is no file" in far.refusal(":cat none")
    assert "ValueError" in far.refusal(":cat raw x")


def test_what_is_too_long_is_cut_and_says_so():
    far = Far(files={"file-number-%03d" % n: b"" for n in range(200)})
    names = far.ask(":ls")
    assert names[:2] == ["file-number-000", "file-number-001"]
    assert names[-1] == "and %d more" % (200 - len(names) + 1)
    far.thing.journal.notes = ['"quoted" ' * 300]
    cut = far.ask(":journal")
    assert cut["begins"].startswith('{"number": 0')
    assert cut["length"] > 2700


def test_the_trace_of_a_debug_shell():
    far = Far()
    assert "no trace is kept" in far.refusal(":trace")
    shell = far.attached()
    shell.hold()
    assert far.bench is not None
    far.bench.ask("fire", "booted")
    far.bench.ask("fire", "linked")
    far.bench.ask("inject", "disk")
    assert [entry[3] for entry in far.ask(":trace")] == ["register", "connect"]
    assert [entry[3] for entry in far.ask(":trace 1")] == ["register"]
    state = far.ask(":state")
    assert (state["state"], state["held"], state["faults"]) == ("register", True, ["disk"])


def test_nothing_of_it_is_a_command_in_a_recording():
    far = Far()
    shell = far.attached()
    assert far.bench is not None
    far.bench.ask("record", "on")
    far.bench.written.clear()
    far.ask(":journal")
    assert not [line for line in far.bench.written if "command" in line]
    assert shell.quiet is False


def test_a_start_from_afar_is_answered_first():
    far = Far("all")
    told: list[Any] = []
    far.thing.cloud.script("reply", lambda mid, said: told.append((mid, said)))
    far.thing.system.on_restart = lambda: told.append(far.thing.storage.names())
    assert far.ask(":reboot") == "it starts again"
    assert told == [("m1", '"it starts again"'), ["journal.1"]]


def test_no_start_in_a_trial_or_without_an_answer():
    far = Far("all")
    for kind in ("app", "settings", "os"):
        far.thing.journal = Journal()
        setattr(far.thing.journal, kind, Slot("a", "2", "1", FRESH))
        assert "on trial" in far.refusal(":reboot")
    far.thing.journal = Journal()
    far.thing.cloud.script("reply", LinkError("cut", "the connection was cut"))
    assert far.refusal(":reboot") == "the connection was cut"
    assert far.thing.system.restarts == 0


def test_no_memory_for_an_answer(monkeypatch: pytest.MonkeyPatch):
    far = Far()

    def full() -> tuple[int, int]:
        raise MemoryError

    monkeypatch.setattr(far.thing.system, "memory", full)
    assert far.refusal(":mem") == "it failed: MemoryError()"


def test_where_commands_are_off_these_are_too():
    assert "commands are off here" in Far("off").text(":state")
    far = Far("all")
    far.thing.unverified = True
    assert far.text(":state").startswith("refused: anybody could have sent this")
