"""An app that disturbs the OS that it lives in, on a real MicroPython: the OS goes on, finds its
own modules, paths and files, and runs the version before."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from build.slim.model import ROOT
from build.slim.probe import micropython
from tests.unit.micropython.hostile import (
    BEFORE,
    DRIVER,
    LAZY,
    MANAGEMENT,
    WAYS,
    WORKER,
)

pytestmark = pytest.mark.skipif(
    not micropython(), reason="MicroPython's unix port is not installed"
)

_SOURCES = ("adapters/micropython/apphost.py", "adapters/micropython/apploader.py")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the two modules as they are, with the modules that MicroPython lacks to import them."""
    place = tmp_path_factory.mktemp("os")
    for name in (*_SOURCES, "domain/errors.py"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, place / name)
    (place / "ports").mkdir()
    (place / "ports/console.py").write_text("Console = None\n")
    (place / "__future__.py").write_text("annotations = 1\n")
    (place / "typing.py").write_text("Any = Callable = None\n")
    (place / "lazy.py").write_text(LAZY)
    (place / "held.py").write_text("value = 1\n")
    return place


def played(system: Path, place: Path, name: str, old: bool = False) -> str:
    """Run the OS with a hostile app and return its output, or how it ended."""
    first, call, files = WAYS[name]
    folder = place / "app.a"
    worker = WORKER % (str(folder), first, call)
    for path, text in {"worker_task.py": worker, "management_task.py": MANAGEMENT, **files}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (place / "app.b").mkdir()
    (place / "app.b/worker_task.py").write_text(BEFORE)
    driver = DRIVER % {"os": str(system), "root": str(place), "old": old}
    (place / "main.py").write_text(driver)
    return again(place)


def again(place: Path) -> str:
    """Run the same again, as after a reset, and return the output."""
    done = subprocess.run(
        [*micropython(), "-X", "heapsize=1M", "main.py"],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout[-2000:] + done.stderr[-2000:]


@pytest.mark.parametrize("name", [name for name in WAYS if name != "a builtin replaced"])
def test_the_os_goes_on_and_the_app_before_runs(system: Path, tmp_path: Path, name: str) -> None:
    said = played(system, tmp_path, name)
    assert "LAST the one before" in said, said
    if "at import" not in name and "fails" not in name:
        assert "a command reaches it" in said, said


def test_a_builtin_that_is_replaced_is_undone_by_a_reset(system: Path, tmp_path: Path) -> None:
    """The OS faults, which its ladder of remedies takes for a faulty start; it does not hang."""
    said = played(system, tmp_path, "a builtin replaced")
    assert "isn't callable" in said
    assert "LAST" not in said
    (tmp_path / "app.a/worker_task.py").write_text(BEFORE)
    assert "LAST the one before" in again(tmp_path)


# The ways that disturbed the OS before paths and modules were restored after each call.
DISTURBED = (
    "a helper json.py and socket.py",
    "a helper that only a call imports",
    "a folder named json",
    "a helper named as a file of the OS",
    "chdir into its folder",
    "sys.path emptied",
    "sys.path set to another",
    "sys.modules emptied",
    "json replaced",
    "gc.disable",
)


@pytest.mark.parametrize("name", DISTURBED)
def test_without_putting_things_right_it_is_disturbed(
    system: Path, tmp_path: Path, name: str
) -> None:
    assert "LAST" not in played(system, tmp_path, name, old=True)


@pytest.mark.parametrize("name", ["recursion", "sys.exit"])
def test_else_the_old_way_works(system: Path, tmp_path: Path, name: str) -> None:
    """Without the restoring, the OS still survives the other ways: only DISTURBED need it."""
    assert "LAST the one before" in played(system, tmp_path, name, old=True)


def test_what_it_gives_of_its_own_helper_arrives(system: Path, tmp_path: Path) -> None:
    """Also a bool, which on MicroPython is no int."""
    said = played(system, tmp_path, "a helper that is asked")
    assert "not_json" not in said
    assert "LAST the one before" in said


def test_there_are_many_ways() -> None:
    assert len(WAYS) >= 20
