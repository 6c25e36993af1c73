"""The runners of the interpreters that the budget measures with: stand-ins for Node.js and npm,
and the real MicroPython where it is installed."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path
from typing import Callable

import pytest

from build.slim import probe, wasm
from build.slim.model import ROOT, SlimError

Put = Callable[[str, str], None]

upy = pytest.mark.skipif(
    importlib.util.find_spec("micropython_unix") is None,
    reason="MicroPython's unix port is not installed",
)


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Return `put(name, script)`: put a program on a search path with only a shell's programs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder), "/usr/bin", "/bin"]))
    which = wasm.shutil.which  # type: ignore[attr-defined]
    ours = {name: str(folder / name) for name in ("node", "npm", "micropython")}
    monkeypatch.setattr("shutil.which", lambda name: which(ours.get(name, name)))
    monkeypatch.setattr(wasm, "WHERE", tmp_path / "node")

    def write(name: str, script: str) -> None:
        (folder / name).write_text("#!/bin/sh\n" + script)
        (folder / name).chmod(0o755)

    return write


INSTALLS = 'test -f package-lock.json && mkdir -p "$(dirname %(file)s)" && echo >%(file)s' % {
    "file": wasm._PACKAGE
}


def test_the_interpreter_is_installed_once(put: Put, tmp_path: Path) -> None:
    assert not wasm.available()
    put("node", 'shift; shift; echo "$2 in $1 with $3"')
    assert not wasm.available()
    with pytest.raises(SlimError, match="there is no npm"):
        wasm.run(tmp_path, "x.py")
    put("npm", "echo no network >&2; exit 1")
    assert wasm.available()
    with pytest.raises(SlimError, match="npm failed: no network"):
        wasm.run(tmp_path, "x.py")
    put("npm", INSTALLS)
    assert wasm.run(tmp_path, "x.py", 5) == "x.py in %s with 5\n" % tmp_path
    put("npm", "exit 1")
    assert wasm.available()
    assert wasm.run(tmp_path, "x.py", 5)


def test_programs_that_fail_say_so(put: Put, tmp_path: Path) -> None:
    with pytest.raises(SlimError, match="Node.js is not installed"):
        wasm.run(tmp_path, "x.py")
    put("npm", INSTALLS)
    put("node", "echo MemoryError; exit 3")
    with pytest.raises(SlimError, match="x.py failed: MemoryError"):
        wasm.run(tmp_path, "x.py")


def test_what_modules_keep(put: Put) -> None:
    put("npm", INSTALLS)
    put("node", 'cat "$3/pt.py" "$3/$4" | grep -c "pt"; echo 4711')
    assert probe.kept({"pt.py": b"pt = 1\n"}, ("pt",)) == 4711


def test_without_an_interpreter(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert probe.micropython() == []
    with pytest.raises(SlimError, match="unix port is not installed"):
        probe.smallest({}, "print('done')")
    put("micropython", "echo done")
    assert probe.micropython()[0].endswith("micropython")
    assert probe.smallest({}, "print('done')", below=128) == 32


@upy
def test_the_smallest_heap_is_found(tmp_path: Path) -> None:
    takes = "import pt\nkept = bytearray(%d * 1000)\nprint('done')\n"
    release = {"pt.py": b"x = 1\n"}
    small, large = (probe.smallest(release, takes % size, 65536) for size in (8, 40))
    assert 30_000 < (large - small) * 2 < 34_000  # its `w` counts 4 bytes, for words of 8
    assert small % 32 == 0


@upy
@pytest.mark.parametrize(
    ("program", "text"),
    [("import nothing", "does not run in .*no module"), ("print('other')", "does not run in")],
)
def test_probes_that_never_work(program: str, text: str) -> None:
    with pytest.raises(SlimError, match="(?s)" + text):
        probe.smallest({}, program, 8192)


@upy
def test_no_character_of_a_reading_stays_in_the_table_of_names(tmp_path: Path) -> None:
    """MicroPython never frees a character that a loop over a text has interned."""
    text = (ROOT / "adapters/cloud/jsontext.py").read_text(encoding="utf-8")
    head, body = text.split("import json\n", 1)
    assert "future" in head
    body = "import json\n" + body.replace("from typing import Any\n", "")
    (tmp_path / "jsontext.py").write_text(body, encoding="utf-8")
    program = """
from jsontext import dump
from micropython import qstr_info
text = bytes([%d, %d, %d, %d]).decode()
dump("x")
qstr_info()
said = %s
qstr_info()
print(said)
"""
    kept = []
    for line in ("dump(text)", "[one for one in text]"):
        found = program % (0xC3, 0xA4, 0xC3, 0xB6, line)
        (tmp_path / "probe.py").write_text(found, encoding="utf-8")
        run = [*probe.micropython(), "probe.py"]
        done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True)
        counts = [int(part.split(",")[0]) for part in done.stdout.split("n_qstr=")[1:]]
        kept.append(counts[1] - counts[0])
    assert kept == [0, 2]
