"""The launcher, in a small tree of its own, with a real .venv and a fake pip."""

from __future__ import annotations

import ast
import contextlib
import importlib.machinery
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from app import cli
from app.launch.command import NEEDS, needed
from app.launch.environment import EXTRAS, GROUPS, Environment
from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]

# The tree's app.cli: prints how it was started, and ends with a status of its own.
CLI = """
import json, os, sys
def main():
    print(json.dumps({"argv": sys.argv[1:], "cwd": os.getcwd(), "prefix": sys.prefix}))
    return 7
"""

# A pip that ends when the test allows it, fails if the test wants it, and leaves a trace.
PIP = """
import os, sys, time
def note(text):
    with open(os.environ["PIP_TRACE"], "a") as trace:
        trace.write(text + "\\n")
if "check" in sys.argv:
    print("tiny 1.0 requires more")
    sys.exit(os.path.exists(os.environ["PIP_TRACE"] + " of a check that complains"))
print("Ignoring other: markers do not match", flush=True)
print("Collecting tiny==1.0", flush=True)
note("begin " + " ".join(sys.argv[1:]))
while not os.path.exists(os.environ["PIP_MAY_END"]):
    time.sleep(0.01)
if os.environ.get("PIP_FAILS"):
    print("ERROR: No route to host", flush=True)
note("end")
sys.exit(2 if os.environ.get("PIP_FAILS") else 0)
"""


def load(path: Path) -> ModuleType:
    """Import a script that has no .py ending."""
    loader = importlib.machinery.SourceFileLoader("launcher", str(path))
    spec = importlib.util.spec_from_loader("launcher", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


class Tree:
    """A project that contains only the launcher, lock files, and a .venv that is ready."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.venv = root / ".venv"
        self.lock = root / "requirements" / "thing.lock"
        self.trace = root / "trace"
        self.may_end = root / "may end"
        self.may_end.touch()
        self.script = root / "pythings"
        shutil.copy(ROOT / "pythings", self.script)
        (root / "app").mkdir()
        (root / "app" / "__init__.py").touch()
        (root / "app" / "cli.py").write_text(CLI)
        shutil.copytree(ROOT / "app" / "launch", root / "app" / "launch")
        self.lock.parent.mkdir()
        for group in (*GROUPS, *EXTRAS):
            self.of(group).write_text("other==1.0\ntiny==1.0\n")
        venv = [sys.executable, "-m", "venv", "--without-pip", str(self.venv)]
        subprocess.run(venv, check=True)
        (site,) = self.venv.glob("lib/python*/site-packages")
        (site / "pip").mkdir()
        (site / "pip" / "__main__.py").write_text(PIP)
        self.environment = Environment(str(root))
        self.environment.finish("thing")

    def of(self, group: str) -> Path:
        """Return the path of the lock of a group."""
        return self.lock.with_name(group + ".lock")

    def outdate(self) -> None:
        """Change the lock file, so that the next start installs."""
        self.lock.write_text("other==1.0\ntiny==1.1\n")

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Start the launcher; keywords in capitals are added to its environment."""
        added = {name: options.pop(name) for name in list(options) if name.isupper()}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        stub = {"PIP_TRACE": str(self.trace), "PIP_MAY_END": str(self.may_end), "PATH": ""}
        environment = {**os.environ, **stub, **added}
        command = [sys.executable, str(options.pop("script", self.script)), *arguments]
        return subprocess.Popen(command, env=environment, **{**pipes, **options})

    def run(self, *arguments: str, **options: Any) -> tuple[int, str, str]:
        """Run the launcher to its end; return its status, output and errors."""
        with self.start(*arguments, **options) as process:
            out, errors = process.communicate(timeout=PATIENCE_S)
        return process.returncode, out, errors

    def traces(self) -> list[str]:
        """Return whether pip began and ended, in order."""
        return [line.split()[0] for line in self.trace.read_text().splitlines()]

    def wait_for_pip(self) -> None:
        """Wait until pip is at work."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.trace.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert self.trace.exists()


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "a tree"
    root.mkdir()
    return Tree(root)


@pytest.fixture
def no_ensurepip(tmp_path):
    """Return a folder for PYTHONPATH that makes Python lack ensurepip, as on a bare Debian."""
    folder = tmp_path / "without"
    folder.mkdir()
    (folder / "ensurepip.py").write_text("raise ImportError('not installed')\n")
    return str(folder)


def test_it_runs_the_command_from_any_folder(tree, tmp_path):
    elsewhere, decoy = tmp_path / "elsewhere", tmp_path / "decoy"
    for folder in (elsewhere, decoy):
        (folder / "app").mkdir(parents=True)
        (folder / "app" / "__init__.py").write_text("raise SystemExit('the wrong app')\n")
    (elsewhere / "json.py").write_text("raise SystemExit('the wrong json')\n")
    link = elsewhere / "pythings"
    link.symlink_to(tree.script)
    for script in (tree.script, link):
        status, out, errors = tree.run(
            "run", "--json", "x y", cwd=elsewhere, script=script, PYTHONPATH=str(decoy)
        )
        assert (status, errors) == (7, "")
        started = json.loads(out)
        assert started["argv"] == ["run", "--json", "x y"]
        assert started["cwd"] == str(elsewhere)
        assert started["prefix"] == str(tree.venv)
    assert not tree.trace.exists()


def test_it_is_ready_until_something_changes(tree):
    assert tree.environment.ready("thing")
    tree.outdate()
    assert not tree.environment.ready("thing")
    assert tree.environment.whole()


def test_a_venv_without_its_stamp_is_not_ready(tree):
    (tree.venv / "made-from").unlink()
    assert not tree.environment.ready("thing")
    assert not tree.environment.whole()


def test_a_venv_whose_python_is_gone_is_not_ready(tree):
    python = tree.venv / "bin" / "python"
    python.unlink()
    python.symlink_to("/nonexistent/python3")
    assert not tree.environment.ready("thing")
    assert not tree.environment.whole()


def test_a_venv_of_another_python_is_not_ready(tree):
    python = tree.venv / "bin" / "python"
    python.unlink()
    python.symlink_to("/bin/sh")
    assert not tree.environment.ready("thing")
    assert not tree.environment.whole()


def test_a_venv_that_was_moved_is_not_ready(tree):
    moved = tree.root.with_name("moved")
    tree.root.rename(moved)
    assert not Environment(str(moved)).ready("thing")


def test_a_changed_lock_is_installed_once(tree):
    tree.outdate()
    status, out, errors = tree.run("run")
    assert status == 7
    assert json.loads(out)["argv"] == ["run"]
    assert "Installing what a Thing needs" in errors
    asked = tree.trace.read_text().splitlines()[0]
    assert f"--require-hashes -r {tree.lock}" in asked
    assert tree.run("run")[2] == ""
    assert tree.traces() == ["begin", "end"]


def test_a_failed_pip_is_explained_and_tried_again(tree, no_ensurepip):
    tree.outdate()
    status, out, errors = tree.run("run", PIP_FAILS="1")
    assert (status, out) == (1, "")
    assert "    ERROR: No route to host" in errors
    assert "then run the same command again" in errors
    assert "Traceback" not in errors
    # pip may have left broken packages: the next start makes all of it again, or tries to.
    status, out, errors = tree.run("run", PYTHONPATH=no_ensurepip)
    assert (status, out) == (1, "")
    assert "no 'ensurepip' module" in errors
    assert "apt install python3-venv" in errors


def test_a_plain_log_gets_lines_and_a_terminal_one_line(tree):
    tree.outdate()
    plain = tree.run("run")[2].splitlines()
    assert plain[0] == "pythings: Installing what a Thing needs"
    assert "\r" not in "".join(plain)
    tree.lock.write_text("tiny==1.2\nother==2\n")
    tree.may_end.unlink()
    ours, its = os.openpty()
    with tree.start("run", stderr=its) as process:
        os.close(its)
        shown = os.read(ours, 1000).decode()
        tree.may_end.touch()
        with contextlib.suppress(OSError):  # EIO: the other end is closed
            while data := os.read(ours, 1000):  # or a full terminal would hold the launcher up
                shown += data.decode()
        process.communicate(timeout=PATIENCE_S)
    os.close(ours)
    assert process.returncode == 7
    assert "Installing what a Thing needs: " in shown
    assert shown.endswith("\r\x1b[K")
    assert "\n" not in shown


def test_of_two_at_once_one_installs_and_the_other_waits(tree):
    tree.outdate()
    tree.may_end.unlink()
    with tree.start("run") as first:
        tree.wait_for_pip()
        with tree.start("run") as second:
            assert "waiting for it" in second.stderr.readline()
            tree.may_end.touch()
            for process in (first, second):
                process.communicate(timeout=PATIENCE_S)
    assert (first.returncode, second.returncode) == (7, 7)
    assert tree.traces() == ["begin", "end"]
    assert tree.environment.ready("thing")


def test_ctrl_c_leaves_nothing_behind(tree):
    tree.outdate()
    tree.may_end.unlink()
    with tree.start("run", start_new_session=True) as process:
        tree.wait_for_pip()
        os.killpg(process.pid, signal.SIGINT)
        out, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert out == ""
    assert errors.endswith("pythings: interrupted; the next start sets up again\n")
    assert "Traceback" not in errors
    assert not tree.venv.exists()


def test_a_killed_launcher_keeps_its_turn_until_its_pip_ends(tree, no_ensurepip):
    tree.outdate()
    tree.may_end.unlink()
    with tree.start("run") as first:
        tree.wait_for_pip()
        first.kill()
    with tree.start("run", PYTHONPATH=no_ensurepip) as second:
        assert "waiting for it" in second.stderr.readline()
        assert tree.traces() == ["begin"]
        tree.may_end.touch()
        errors = second.communicate(timeout=PATIENCE_S)[1]
    assert tree.traces() == ["begin", "end"]
    # It was half made, and so is made again - or, here, cannot be.
    assert second.returncode == 1
    assert "no 'ensurepip' module" in errors


# The needs of a command.


def test_each_command_needs_a_group():
    assert NEEDS.keys() == cli.COMMANDS.keys()
    assert set(NEEDS.values()) <= {*GROUPS, *EXTRAS}


@pytest.mark.parametrize(
    ("typed", "group"),
    [
        ([], ""),
        (["--version"], ""),
        (["--help"], ""),
        (["tset"], ""),
        (["help"], ""),
        (["run", "--aid", "x"], "thing"),
        (["help", "run"], "thing"),
        (["demo"], "host"),
        (["test"], "dev"),
        (["release", "linux"], "host"),
        (["release", "--dry-run", "v2.1.0"], "dev"),
    ],
)
def test_what_a_command_line_needs(typed, group):
    assert needed(typed) == group


def test_a_text_needs_no_environment(tree, tmp_path):
    shutil.rmtree(tree.venv)
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')\n")
    status, out, errors = tree.run("--version", cwd=tmp_path)
    assert (status, errors) == (7, "")
    assert json.loads(out)["argv"] == ["--version"]
    assert not tree.venv.exists()


def test_a_wider_group_is_installed_when_it_is_needed_and_stays(tree):
    assert tree.run("demo")[0] == 7
    (line,) = [line for line in tree.trace.read_text().splitlines() if line.startswith("begin")]
    assert line.endswith(f"--no-deps --require-hashes -r {tree.of('host')}")
    # A new lock: the installed group is brought up to date, though `run` needs less.
    tree.of("host").write_text("tiny==1.1\n")
    assert tree.run("run")[0] == 7
    assert tree.trace.read_text().count(str(tree.of("host"))) == 2
    assert str(tree.of("thing")) not in tree.trace.read_text()


def test_the_console_stands_beside_the_groups_and_stays(tree):
    assert tree.run("up")[0] == 7
    assert tree.environment.groups() == ["host", "console"]
    assert tree.trace.read_text().count("begin") == 1  # its lock has all that `host` has
    assert str(tree.of("console")) in tree.trace.read_text()
    assert tree.run("demo")[0] == 7
    assert tree.trace.read_text().count("begin") == 1
    assert tree.run("test")[0] == 7  # a wider group: the console stays installed
    assert tree.environment.groups() == ["dev", "console"]
    assert tree.run("up")[0] == 7
    assert tree.trace.read_text().count("begin") == 4  # host for dev, dev, console
    tree.of("console").write_text("tiny==1.1\n")
    assert not tree.environment.ready("console")
    assert not tree.environment.ready("thing")


def test_what_is_built_from_source_is_built_with_what_is_locked(tree):
    assert tree.run("test")[0] == 7
    lines = [line for line in tree.trace.read_text().splitlines() if line.startswith("begin")]
    assert [str(tree.of("host")) in lines[0], str(tree.of("dev")) in lines[1]] == [True, True]
    assert "--no-build-isolation" not in lines[0]
    assert "--no-build-isolation" in lines[1]


@pytest.mark.parametrize(("status", "by_pip"), [(0, False), (1, True)])
def test_uv_does_it_where_it_can(tree, tmp_path, status, by_pip):
    said = tmp_path / "said"
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text(f'#!/bin/sh\necho "$@" >> "{said}"\nexit {status}\n')
    uv.chmod(0o755)
    tree.outdate()
    assert tree.run("run", PATH=str(uv.parent))[0] == 7
    install, *rest = said.read_text().splitlines()
    assert install.startswith(f"pip install --python {tree.environment.python} ")
    assert install.endswith(f"--no-deps --require-hashes -r {tree.lock}")
    assert [line.split()[1] for line in rest] == ["check"] * (not status)
    assert tree.trace.exists() == by_pip  # pip does it where uv fails


def test_an_environment_from_before_there_were_groups_has_all(tree):
    head = tree.environment.recipe(["dev"]).splitlines(keepends=True)[:2]
    Path(tree.environment.stamp).write_bytes(b"".join([*head, b"attrs==1.0\n"]))
    assert tree.environment.groups() == ["dev"]


def test_packages_that_disagree_are_a_fault_of_the_release(tree, no_ensurepip):
    Path(str(tree.trace) + " of a check that complains").touch()
    tree.outdate()
    # Remains of an earlier lock may be the reason: it is made again, or here cannot be.
    status, out, errors = tree.run("run", PYTHONPATH=no_ensurepip)
    assert (status, out) == (1, "")
    assert "no 'ensurepip' module" in errors
    assert not tree.environment.ready("thing")


# The Python.


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 15), (3, 9, 18)])
def test_an_old_python_is_told_so(version):
    complaint = load(ROOT / "pythings").too_old(version)
    assert "needs Python 3.10 or newer" in complaint
    assert f"this is Python {version[0]}.{version[1]}." in complaint


@pytest.mark.parametrize("version", [(3, 10, 0), (3, 13, 0), (4, 0, 0)])
def test_a_new_python_is_not(version):
    assert load(ROOT / "pythings").too_old(version) == ""


def test_an_old_python_can_parse_it():
    ast.parse((ROOT / "pythings").read_text(encoding="utf-8"), feature_version=(3, 6))


def old_pythons() -> list[str]:
    """Return the Pythons of this machine that are too old."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    return [str(path) for old in ("2.7", "3.6", "3.9") for path in root.glob(old + ".*/bin/python")]


@pytest.mark.skipif(not old_pythons(), reason="no old Python here")
@pytest.mark.parametrize("python", old_pythons())
def test_a_real_old_python_is_told_so(python):
    run = subprocess.run(
        [python, str(ROOT / "pythings"), "--help"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert run.stdout == ""
    assert "needs Python 3.10 or newer" in run.stderr
