"""No other user of the machine reads a Thing's files, or redirects its writes elsewhere."""

from __future__ import annotations

import ast
import faulthandler
import os
import ssl
import stat
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from adapters.linux import files
from adapters.linux.shellsocket import ShellSocket
from adapters.linux.storage import LinuxStorage
from adapters.linux.system import LinuxSystem
from app.cli import run, runoptions
from app.shell.errors import ShellError
from app.shell.recording import Recorder
from domain.errors import DeviceError
from tests.contract.servers import Authority

ROOT = Path(__file__).parents[2]
OURS = ("running", "watchdog", "identity", "lock", "aid", "log", "ca.pem", "shell", "record")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def live(root: Path) -> None:
    """Run every part that writes into a Thing's folder, and check the modes of its files."""
    with ExitStack() as stack:
        lock, problem = run._lock(root)
        assert lock, problem
        stack.callback(lock.close)
        storage = LinuxStorage(str(root))
        storage.mount()
        storage.replace("aid", b"app-1")
        storage.append("log", b"line")
        system = LinuxSystem(str(root), supervised=True, host=str(root / "no-host"))
        assert system.identity()
        system.reset_cause()
        system.watchdog(3_600_000)
        stack.callback(lambda: system._trace and system._trace.close())
        stack.callback(faulthandler.cancel_dump_traceback_later)
        door = ShellSocket(str(root))
        assert not door.open()
        stack.callback(door.close)
        Recorder(root / "record").close()
        runoptions._own_ca(root)
        found = {path.name: mode(path) for path in root.iterdir()}
    assert {name: found.get(name) for name in OURS} == dict.fromkeys(OURS, 0o600)
    assert mode(root) == 0o700


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "thing"
    made.mkdir()
    authority = tmp_path / "authority"
    authority.mkdir()
    (made / "ca").write_bytes(
        ssl.PEM_cert_to_DER_cert(Path(Authority(authority).ca).read_text(encoding="ascii"))
    )
    return made


def test_a_folder_that_was_there_and_all_files_in_it_become_ours_alone(root: Path) -> None:
    umask = os.umask(0)
    try:
        root.chmod(0o777)
        for name in ("lock", "running", "watchdog", "record"):
            (root / name).touch()
            (root / name).chmod(0o666)
        live(root)
    finally:
        os.umask(umask)


@pytest.mark.parametrize("name", ["lock", "watchdog", "aid", "log", ".part-running", "ca.pem"])
def test_a_link_leads_nowhere(name: str, root: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (root / name).symlink_to(victim)
    for flags in (os.O_RDONLY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC):
        with pytest.raises(OSError):
            files.private(str(root / name), flags)
    with suppress(DeviceError, OSError, AssertionError):
        live(root)
    assert victim.read_bytes() == b"precious"


def test_a_lock_that_is_a_link_is_told(root: Path, tmp_path: Path) -> None:
    (root / "lock").symlink_to(tmp_path / "elsewhere")
    lock, problem = run._lock(root)
    assert lock is None
    assert "cannot be used" in problem
    assert not (tmp_path / "elsewhere").exists()


def test_a_recording_goes_to_no_link(root: Path, tmp_path: Path) -> None:
    (root / "record").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ShellError):
        Recorder(root / "record")
    assert not (tmp_path / "elsewhere").exists()


def test_a_pipe_is_not_waited_for(root: Path) -> None:
    os.mkfifo(root / "lock")
    assert run._lock(root)[0] is None


@pytest.mark.parametrize("home", [True, False])
def test_a_folder_that_is_not_ours_is_refused_with_what_to_do(
    home: bool, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root.chmod(0o755)
    if home:
        monkeypatch.setenv("HOME", str(root))
    else:

        def refuses(*_: Any) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "chmod", refuses)
    lock, problem = run._lock(root)
    assert lock is None
    assert ("name a folder within it" if home else "chmod 700 it") in problem
    assert "--root" in problem
    assert mode(root) == 0o755
    assert not (root / "lock").exists()


def test_a_folder_that_all_share_is_refused(root: Path) -> None:
    root.chmod(0o1777)
    assert run._lock(root)[0] is None
    assert mode(root) == 0o777 | stat.S_ISVTX


# They open files of the machine or of the owner's app; all others are opened by `private`.
_OTHERS = {"appchild", "appprocess", "indicator", "serialnumber"}
_OPENS = {"open", "fdopen"}
# They read files that a person names.
_READS = {
    "inputs": (
        "os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)",
        "os.fdopen(number, 'rb')",
    ),
    "system": ("open(path, errors='replace')",),
}


def test_every_other_file_is_opened_by_one_helper() -> None:
    """No other module opens a path, except to read; `open` takes the helper's file."""
    for path in (ROOT / "adapters" / "linux").glob("*.py"):
        if path.stem in _OTHERS | {"files"}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) in _OPENS:
                given = ast.unparse(node.args[0]) if node.args else ""
                allowed = given in ("file", "folder") or given.startswith("private(")
                reads = ast.unparse(node) in _READS.get(path.stem, ())
                assert allowed or reads or not node.args, (path.name, ast.unparse(node))


def _name(func: ast.expr) -> str:
    if isinstance(func, ast.Name):
        return func.id
    return func.attr if isinstance(func, ast.Attribute) and _name(func.value) == "os" else ""
