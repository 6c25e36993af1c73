"""The launcher from nothing: a real .venv, the real pip, and a package that is made here."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "pythings_os_probe"


def make_wheel(folder: Path, version: str) -> str:
    """Make a package with one module; return its line for a lock file."""
    info = f"{PACKAGE}-{version}.dist-info"
    files = {
        f"{PACKAGE}.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    wheel = folder / f"{PACKAGE}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return f"{PACKAGE}=={version} --hash=sha256:{digest}\n"


@pytest.fixture
def tree(tmp_path):
    shutil.copy(ROOT / "pythings", tmp_path)
    shutil.copytree(ROOT / "app" / "launch", tmp_path / "app" / "launch")
    (tmp_path / "requirements").mkdir()
    (tmp_path / "app" / "__init__.py").touch()
    (tmp_path / "app" / "cli.py").write_text(
        f"import {PACKAGE}\ndef main():\n    print({PACKAGE}.VERSION)\n    return 0\n"
    )
    return tmp_path


def start(tree: Path) -> subprocess.Popen[str]:
    # The machine's own pip settings must not bring in other packages, nor the network.
    environment = {name: value for name, value in os.environ.items() if name[:4] != "PIP_"}
    environment |= {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tree),
    }
    return subprocess.Popen(
        [sys.executable, str(tree / "pythings"), "run"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run(tree: Path) -> tuple[int, str, str]:
    with start(tree) as process:
        out, errors = process.communicate(timeout=PATIENCE_S)
    return process.returncode, out, errors


def test_from_nothing_to_a_command_and_on_to_the_next_lock(tree):
    lock = tree / "requirements" / "thing.lock"

    # The first start is killed in the middle, as by a power cut.
    lock.write_text(make_wheel(tree, "1.0"))
    with start(tree) as process:
        half_made = tree / ".venv" / "bin" / "python"
        while process.poll() is None and not half_made.exists():
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
    assert half_made.exists()
    assert process.returncode == -signal.SIGKILL

    # The second start completes it, and the third has nothing to do.
    status, out, errors = run(tree)
    assert (status, out) == (0, "1.0\n"), errors
    assert "Making" in errors
    assert run(tree) == (0, "1.0\n", "")

    # A new lock is installed over the old one.
    good = make_wheel(tree, "1.1")
    lock.write_text(good)
    status, out, errors = run(tree)
    assert (status, out) == (0, "1.1\n"), errors
    assert "Making" not in errors

    # A package with another hash than the lock's is refused.
    lock.write_text(make_wheel(tree, "1.2"))
    with (tree / f"{PACKAGE}-1.2-py3-none-any.whl").open("ab") as wheel:
        wheel.write(b"tampered with")
    status, out, errors = run(tree)
    assert (status, out) == (1, "")
    assert "hash" in errors.lower()
    assert "run the same command again" in errors
