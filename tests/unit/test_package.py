"""The contents of the package: our source under one name, and back again to the byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import place
from app.cli import test as test_command
from build.wheel import backend
from build.wheel.backend import FOLDERS, NAME, PackageError, prefixed

ROOT = Path(__file__).resolve().parents[2]
BOARD = "app/simulator/board/"


@pytest.fixture
def installed(monkeypatch):
    """Let the code run under its name in the package."""
    monkeypatch.setattr(place, "PREFIX", NAME + ".")


@pytest.fixture(scope="module")
def staged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("staged")
    backend.stage(folder)
    return folder


def sources() -> list[str]:
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*")]
    paths = [file.relative_to(ROOT) for file in files if file.is_file()]
    return sorted(path.as_posix() for path in paths if "__pycache__" not in path.parts)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from app import cli", "from pythings_os.app import cli"),
        (
            "from build.slim.model import (\n    ROOT,\n)",
            "from pythings_os.build.slim.model import (\n    ROOT,\n)",
        ),
        ("import app", "from pythings_os import app"),
        ("def f():\n    import app\n", "def f():\n    from pythings_os import app\n"),
        ("import apple\nfrom builder import app", "import apple\nfrom builder import app"),
        ("x = 'from app import y'  # import app", "x = 'from app import y'  # import app"),
        ("from . import app", "from . import app"),
    ],
)
def test_imports_of_ours_get_the_name(before, after, tmp_path, installed):
    assert prefixed(before.encode(), "x.py").decode() == after
    file = tmp_path / "x.py"
    file.write_text(after)
    assert place.text(file) == before


@pytest.mark.parametrize(
    "source",
    [
        "import app, sys",
        "import app.cli",
        "import app as a",
        "x = 1; import app; y = 2",
        "import \\\n app",
    ],
)
def test_an_import_that_cannot_get_it_is_an_error(source):
    with pytest.raises(PackageError, match="x.py:1: write `import name` or `from name import`"):
        prefixed(source.encode(), "x.py")


def test_the_name_is_for_imports_alone():
    with pytest.raises(PackageError, match="x.py"):
        prefixed(b"x = 'pythings_os'", "x.py")


def test_all_files_are_in_it_and_can_be_had_as_they_were(staged, installed):
    there = {
        path.relative_to(staged / NAME).as_posix()
        for path in (staged / NAME).rglob("*")
        if path.is_file()
    }
    assert there == {"__init__.py", "docs/apps.md", *sources()}
    for path in sources():
        file = staged / NAME / path
        if path.endswith(".py") and path != "build/wheel/backend.py" and not path.startswith(BOARD):
            assert place.text(file) == (ROOT / path).read_text(encoding="utf-8"), path
        elif path != "build/wheel/backend.py":
            assert file.read_bytes() == (ROOT / path).read_bytes(), path


def test_from_an_sdist_flit_builds_the_same_alone(staged):
    project = (staged / "pyproject.toml").read_text()
    assert 'build-backend = "flit_core.buildapi"' in project
    assert "backend-path" not in project


def test_in_a_checkout_all_is_within_it():
    assert place.SOURCE == ROOT
    assert place.command("run")[1:] == ["-m", "app.cli", "run"]
    assert place.made() == ROOT / "dist"
    assert place.cache() == ROOT / ".cache"


def test_installed_nothing_is_written_where_it_is(installed, monkeypatch, tmp_path):
    assert place.command("run")[1:] == ["-m", "pythings_os.app.cli", "run"]
    assert place.made() == Path("dist")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert place.cache() == tmp_path / "pythings"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert place.cache() == Path.home() / ".cache" / "pythings"


def test_there_are_no_tests_in_it(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(test_command, "_ROOT", tmp_path)
    assert test_command.main([]) == 1
    assert "run it in a checkout of the sources" in capsys.readouterr().err
