"""The project's frame: nothing of ours is left out, the commands are found, they start at once."""

from __future__ import annotations

import gc
import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import app
from app import cli
from app.cli import test as test_command
from build import __main__ as tools
from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]


def output_of(*command: str) -> list[str]:
    return subprocess.run(
        command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.splitlines()


# Many tools leave out a folder named `build`, as it is usually output.


def our_files(folder: str) -> set[str]:
    return {file.relative_to(ROOT).as_posix() for file in (ROOT / folder).rglob("*.py")}


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not in a checkout")
def test_git_does_not_ignore_build():
    listed = output_of("git", "ls-files", "--cached", "--others", "--exclude-standard", "build")
    assert our_files("build") <= set(listed)


@pytest.mark.parametrize("command", [["check", "--show-files"], ["format", "--check", "-v"]])
def test_ruff_reads_build_and_the_launcher(command):
    ruff = [sys.executable, "-m", "ruff", *command]
    run = subprocess.run(
        ruff, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    for file in our_files("build") | {"pythings"}:
        assert file in run.stdout


def test_pytest_goes_into_a_folder_named_build(pytestconfig):
    assert "build" not in pytestconfig.getini("norecursedirs")


# The commands.


def test_help_names_every_command(capsys):
    for argv in (["--help"], ["-h"], ["help"]):
        assert cli.main(argv) == 0
        out = capsys.readouterr().out
        for name, (_, text) in cli.COMMANDS.items():
            assert name in out
            assert text in out


def test_without_a_command_the_help_goes_to_stderr(capsys):
    assert cli.main([]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == cli.usage()


def test_version(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"pythings {app.__version__}\n"


@pytest.mark.parametrize(
    ("typed", "hint"), [("tset", "did you mean `pythings test`?"), ("xyz", "`pythings --help`")]
)
def test_an_unknown_command_gets_a_hint(typed, hint, capsys):
    assert cli.main([typed]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert repr(typed) in captured.err
    assert hint in captured.err


@pytest.fixture
def command(monkeypatch, tmp_path):
    """Return a function that adds a command with this body to the table."""

    def add(body: str) -> None:
        (tmp_path / "a_command.py").write_text(f"import sys\ndef main(argv):\n    {body}\n")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "a_command", raising=False)
        monkeypatch.setitem(cli.COMMANDS, "a", ("a_command", "a command"))
        importlib.invalidate_caches()

    return add


def test_a_command_gets_its_arguments_and_gives_the_status(command, monkeypatch):
    command("return 7 if argv == ['--json', 'x'] else 1")
    assert cli.main(["a", "--json", "x"]) == 7
    monkeypatch.setattr(sys, "argv", ["pythings", "a", "--json", "x"])
    assert cli.main() == 7


def test_a_process_ends_without_a_look_for_garbage(command, monkeypatch):
    frozen: list[str] = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append("all"), raising=False)
    command("return 7")
    assert (cli.main(["a"]), frozen) == (7, [])
    monkeypatch.setattr(sys, "argv", ["pythings", "a"])
    assert (cli.main(), frozen) == (7, ["all"])


def test_help_of_a_command(command):
    command("return 7 if argv == ['--help'] else 1")
    assert cli.main(["help", "a"]) == 7


def test_an_interrupt_gives_130_and_no_traceback(command, capsys):
    command("raise KeyboardInterrupt")
    assert cli.main(["a"]) == 130
    assert capsys.readouterr().err == ""


def test_a_reader_who_leaves_early_is_no_error(tmp_path):
    source = (
        "import sys\nfrom app import cli\n"
        "def main(argv):\n    print('x\\n' * 100000)\n    return 0\n"
        "sys.modules['a_command'] = sys.modules['__main__']\n"
        "cli.COMMANDS['a'] = ('a_command', '')\n"
        "sys.exit(cli.main(['a']))\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", source], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdout is not None
    child.stdout.close()
    _, errors = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == 1
    assert errors == b""


def test_the_start_imports_nothing_but_itself():
    source = "import sys; old = set(sys.modules); import app.cli; print(*set(sys.modules) - old)"
    (line,) = output_of(sys.executable, "-S", "-c", source)
    harmless = {"app", "app.cli", "importlib", "_warnings", "warnings", "types"}
    assert {name for name in line.split() if not name.startswith("importlib.")} <= harmless


@pytest.mark.parametrize("module", ["app.cloud.cli.parser", "app.cli.sim", "app.cli.run"])
def test_what_asks_no_server_does_not_load_the_library_for_it(module):
    # `requests` takes a third of the start of a cloud, and more of a simulated board's.
    source = "import sys, %s; print('requests' in sys.modules)" % module
    assert output_of(sys.executable, "-c", source) == ["False"]


def test_each_command_names_its_module():
    for name, (module, text) in cli.COMMANDS.items():
        assert module == f"app.cli.{name}"
        assert text


def test_pyenvs_pythons_come_last(monkeypatch, tmp_path):
    (tmp_path / "versions" / "3.10.13" / "bin").mkdir(parents=True)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    expected = "/usr/bin:" + str(tmp_path / "versions" / "3.10.13" / "bin")
    assert test_command.with_pyenv("/usr/bin") == expected


def test_the_test_command_passes_its_arguments_to_tox(capfd):
    assert test_command.main(["--version"]) == 0
    assert re.match(r"4\.", capfd.readouterr().out)
    assert test_command.main(["--nonsense"]) != 0


def test_quick_is_a_label_of_tox(monkeypatch):
    asked: list[list[str]] = []

    def run_tox(argv: list[str]) -> int:
        asked.append(argv)
        return 0

    monkeypatch.setattr(test_command, "run_tox", run_tox)
    assert test_command.main([]) == 0
    assert test_command.main(["--quick"]) == 0
    assert test_command.main(["-m", "release"]) == 0
    assert test_command.main(["-l"]) == 0
    at_once = ["run-parallel", "-p", "auto"]
    assert asked == [at_once, [*at_once, "-m", "quick"], ["run", "-m", "release"], ["-a", "-v"]]
    labels = (ROOT / "tox.ini").read_text(encoding="utf-8").split("labels =")[1]
    assert {"quick", "release"} <= set(re.findall(r"(?m)^    (\w+) =", labels))


def test_the_times_of_a_run_are_recorded_and_shown(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("TOX_ENV_NAME", "quick")
    monkeypatch.setenv("TOX_WORK_DIR", str(tmp_path))
    busy = "import time\nwhile time.process_time() < 0.2: pass"
    test = "import subprocess, sys\ndef test_a(): subprocess.run([sys.executable, '-c', %r])\n"
    (tmp_path / "test_two.py").write_text(test % busy + "def test_b(): pass\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", str(tmp_path)]
    subprocess.run([*command, "--rootdir", str(tmp_path)], cwd=ROOT, check=True)
    assert test_command.show_times(tmp_path / "times", as_json=True) == 0
    (record,) = json.loads(capsys.readouterr().out)["environments"]
    assert record["environment"] == "quick"
    assert record["tests"] == 2
    assert record["cpu_seconds"] > 0
    assert {row["test"] for row in record["slowest"]} == {
        "test_two.py::test_a",
        "test_two.py::test_b",
    }
    assert record["slowest"][0]["cpu_seconds"] >= 0.1  # of the process that it started
    (folder,) = record["folders"]
    assert (folder["folder"], folder["tests"]) == ("", 2)
    assert folder["cpu_seconds"] >= 0.1
    assert test_command.show_times(tmp_path / "times", as_json=False) == 0
    shown = capsys.readouterr().out
    assert "test_two.py::test_a" in shown
    assert ": 2 tests" in shown
    assert test_command.show_times(tmp_path / "none", as_json=True) == 1
    assert "`pythings test` runs them all" in capsys.readouterr().err


def test_what_runs_before_a_release_alone_is_left_out_by_mark_and_not_forgotten():
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8")
    sections = dict(re.findall(r"(?ms)^\[testenv:?(.*?)\]\n(.*?)(?=^\[|\Z)", tox))
    marks = r"(?:-m pytest.*|SELECTED =) -m \"?([\w ]+)"
    runs = {name: re.findall(marks, text) for name, text in sections.items()}
    for name in ("", "tests", "quick"):
        assert runs[name]
        assert all("not everywhere" in selected for selected in runs[name])
    assert [("not tools" in selected) for selected in runs[""]] == [False, True]  # whole, and not
    assert runs["everywhere"] == ["everywhere "]
    assert re.search(r"(?m)^    release = .*\bpy3\{10,13\}-whole, everywhere,", tox)


def test_slow_tests_and_properties_start_no_measured_process(tmp_path):
    (tmp_path / "test_two.py").write_text(
        "import os, pytest\n"
        "from hypothesis import given, strategies\n"
        "os.environ['COVERAGE_PROCESS_CONFIG'] = 'as coverage does'\n"
        "found = lambda: 'COVERAGE_PROCESS_CONFIG' in os.environ\n"
        "def test_a(): assert found()\n"
        "@pytest.mark.slow\n"
        "def test_b(): assert not found()\n"
        "def test_c(): assert found()\n"
        "@given(strategies.none())\n"
        "def test_d(_): assert not found()\n"
        "def test_e(): assert found()\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", str(tmp_path)]
    subprocess.run([*command, "-p", "no:cov", "--rootdir", str(tmp_path)], cwd=ROOT, check=True)


# The tools in build/.


def test_build_lists_its_tools(capsys):
    assert tools.main([]) == 0
    assert tools.main(["--help"]) == 0
    out = capsys.readouterr().out
    for name, (_, text) in tools.TOOLS.items():
        assert name in out
        assert text in out


def test_build_runs_a_tool(command, monkeypatch):
    command("return 7 if argv == ['--check'] else 1")
    monkeypatch.setitem(tools.TOOLS, "a", ("a_command", "a tool"))
    assert tools.main(["a", "--check"]) == 7


def test_build_does_not_know_a_tool(capsys):
    assert tools.main(["xyz"]) == 2
    assert "'xyz'" in capsys.readouterr().err


def test_python_m_build_is_ours():
    assert (
        output_of(sys.executable, "-m", "build")[0] == "usage: python -m build TOOL [ARGUMENT ...]"
    )
