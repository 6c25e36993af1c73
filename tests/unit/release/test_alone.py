"""A Linux Thing as one file: its contents, and its refusals."""

from __future__ import annotations

import sys
import zipfile
from importlib.metadata import distribution, version

import pytest

from app import cli
from app.cli import alone as command
from build.artifacts import alone

pytest.importorskip("packaging")


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "ours.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ours/__init__.py", "")
    return path


@pytest.fixture
def locks(monkeypatch):
    """Replace the lock of a Thing's packages: (name, version, marker, hashes) for each."""
    found: list[tuple[str, str, str, list[str]]] = []
    monkeypatch.setattr(alone, "locked", lambda group: found)
    return found


def test_it_has_the_packages_as_they_are_in_their_wheels(tmp_path, wheel, locks):
    locks.append(("six", version("six"), "", []))
    locks.append(("gone", "1", "python_full_version < '3'", []))
    site = tmp_path / "site"
    alone.fill(site, wheel)
    names = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    assert {"ours/__init__.py", "six.py", command.MADE_FOR} <= names
    assert not [name for name in names if name.endswith((".pyc", "/RECORD", "/INSTALLER"))]
    assert (site / "six.py").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("name", "locked", "error"),
    [
        ("no-such-package", "1", "is not installed - start with ./pythings"),
        ("six", "0.1", " here, and 0.1 in the lock"),
    ],
)
def test_a_package_that_is_not_the_locked_one(name, locked, error, tmp_path, wheel, locks, capsys):
    locks.append((name, locked, "", []))
    assert alone.main(["--wheel", str(wheel), "--out", str(tmp_path / "out")]) == 1
    assert error in capsys.readouterr().err


def test_a_file_that_was_changed(tmp_path, wheel, locks, monkeypatch):
    found = distribution("six")
    locks.append(("six", found.version, "", []))
    (tmp_path / "six.py").write_text("evil = 1\n")
    monkeypatch.setattr(type(found), "locate_file", lambda self, path: tmp_path / "six.py")
    with pytest.raises(alone.NotAlone, match="was changed since it was installed - remove .venv"):
        alone.fill(tmp_path / "site", wheel)


@pytest.fixture
def typed(tmp_path, monkeypatch):
    """Return a function that runs a command line in the file, of which this is a part."""
    monkeypatch.setattr(command, "SOURCE", tmp_path / "ours")

    def act(*words: str, made_for: str = "") -> int:
        (tmp_path / command.MADE_FOR).write_text((made_for or command.this_machine()) + "\n")
        monkeypatch.setattr(sys, "argv", ["thing.pyz", *words])
        return command.main()

    return act


def test_what_it_does_not_do(typed, capsys, monkeypatch):
    monkeypatch.setattr(cli, "main", lambda words: len(words) + 40)
    assert typed("run", "--aid", "x") == 43
    assert typed("--version") == 41
    assert typed() == 40
    assert typed("cloud") == 2
    assert "has the command run alone - the wheel and a checkout" in capsys.readouterr().err
    assert typed("run", made_for="cpython-34 armv6l") == 2
    assert "this file is for cpython-34 armv6l, and here is " in capsys.readouterr().err
