"""FileStorage keeps the port's contract, on a medium that fails at any step."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
from typing import Any, Callable

import pytest

from adapters.linux.storage import LinuxStorage
from domain.errors import DeviceError
from tests.contract import check_storage
from tests.contract.check_storage import refused
from tests.fakes.source import write


@pytest.fixture
def make(tmp_path) -> Callable[[], LinuxStorage]:
    made: list[LinuxStorage] = []

    def storage() -> LinuxStorage:
        made.append(LinuxStorage(str(tmp_path / f"things/{len(made)}")))
        made[-1].mount()
        return made[-1]

    return storage


@pytest.mark.parametrize("check", check_storage.CHECKS, ids=lambda check: check.__name__)
def test_contract(check, make) -> None:
    check(make)


@pytest.fixture
def tiny(tmp_path, stack) -> str:
    """Return the folder of a mounted file system of 256 kB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("only root can mount a small file system")
    stack.callback(subprocess.run, ["umount", "-l", str(folder)], check=True)
    return str(folder)


def test_full_medium(tiny) -> None:
    def make():
        storage = LinuxStorage(tiny)
        storage.mount()
        return storage, 400_000

    check_storage.check_full_storage(make)


def test_free_is_what_can_be_written(tiny) -> None:
    storage = LinuxStorage(tiny)
    storage.mount()
    storage.replace("most", bytes(storage.free() - 8192))
    assert storage.free() <= 8192
    refused(lambda: storage.replace("more", bytes(16384)), "disk_full")
    assert storage.names() == ["most"]


class FailingFiles:
    """`os` with a failure of the `at`th call that changes files; 0: of none."""

    CHANGES: tuple[str, ...] = ("open", "write", "fsync", "replace", "mkdir", "unlink")

    def __init__(self, at: int = 0, number: int = errno.EIO) -> None:
        self.at = at
        self.number = number
        self.count = 0

    def __getattr__(self, name: str) -> Any:
        function = getattr(os, name)
        if name not in self.CHANGES:
            return function

        def call(*args: Any, **kwargs: Any) -> Any:
            self.count += 1
            if self.count == self.at:
                raise OSError(self.number, os.strerror(self.number))
            return function(*args, **kwargs)

        return call


WRITES: dict[str, Callable[[LinuxStorage], None]] = {
    "replace": lambda storage: storage.replace("file", b"new"),
    "replace in a new folder": lambda storage: storage.replace("a/b/file", b"new"),
    "receive": lambda storage: write(storage, "file", b"new"),
    "append": lambda storage: storage.append("file", b"new"),
    "append to none": lambda storage: storage.append("log", b"new"),
    "remove": lambda storage: storage.remove("file"),
}


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS])
@pytest.mark.parametrize("write", WRITES)
def test_a_failure_at_every_step(write: str, number: int, tmp_path) -> None:
    """No failed step leaves a partial change, and the next attempt succeeds."""
    code = "disk_full" if number in (errno.ENOSPC, errno.EDQUOT) else "storage"
    counter = FailingFiles()
    storage = LinuxStorage(str(tmp_path / "counted"), counter)
    storage.mount()
    storage.replace("file", b"old")
    counter.count = 0
    WRITES[write](storage)
    steps = counter.count
    after = {name: storage.read(name) for name in storage.names() if name != "a"}
    for step in range(1, steps + 1):
        files = FailingFiles()
        storage = LinuxStorage(str(tmp_path / str(step)), files)
        storage.mount()
        storage.replace("file", b"old")
        files.at, files.number, files.count = step, number, 0
        refused(lambda storage=storage: WRITES[write](storage), code)  # type: ignore[misc]
        now = {name: storage.read(name) for name in storage.names() if name != "a"}
        assert now in ({"file": b"old"}, after), step
        storage.mount()
        assert not [name for name in os.listdir(storage.root) if name.startswith(".")]
        if now != after or write == "append":
            storage.replace("file", b"old")
            WRITES[write](storage)
        assert {name: storage.read(name) for name in storage.names() if name != "a"} == after


def test_a_failed_piece_fails_the_file(tmp_path) -> None:
    """A failed write discards the file, even if the caller ignores the error."""
    files = FailingFiles()
    storage = LinuxStorage(str(tmp_path), files)

    def fill() -> None:
        with storage.receive("file") as file:
            file.write(b"one")
            files.at = files.count + 1
            with pytest.raises(DeviceError):
                file.write(b"two")
            file.write(b"three")

    refused(fill)
    assert storage.names() == []
    assert os.listdir(tmp_path) == []


def test_writes_in_parts(tmp_path) -> None:
    """The kernel may write fewer bytes than it is given."""

    class Sparing(FailingFiles):
        def write(self, file: int, data: bytes) -> int:
            return os.write(file, data[:3])

    storage = LinuxStorage(str(tmp_path), Sparing())
    storage.replace("file", b"0123456789")
    storage.append("file", b"abcd")
    assert storage.read("file") == b"0123456789abcd"


def test_mount_sweeps_what_a_power_cut_left(make) -> None:
    storage = make()
    storage.replace("app.a/x.py", b"x")
    for path in (".part-aid", "app.a/.part-x.py", "app.b/.part-y.py"):
        os.makedirs(os.path.join(storage.root, os.path.dirname(path)), exist_ok=True)
        with open(os.path.join(storage.root, path), "w") as file:
            file.write("half")
    assert storage.names("app.a") == ["x.py"]
    refused(lambda: storage.read(".part-aid"))
    refused(lambda: storage.replace(".part-aid/x", b""))
    storage.mount()
    found = {name for _, folders, files in os.walk(storage.root) for name in folders + files}
    assert found == {"app.a", "x.py"}


def test_files_are_the_owners_alone(make) -> None:
    os.umask(0)
    storage = make()
    try:
        storage.replace("wifi", b"secret")
        storage.append("log", b"secret")
        storage.replace("folder/file", b"secret")
    finally:
        os.umask(0o022)

    def mode(name: str) -> int:
        return stat.S_IMODE(os.stat(os.path.join(storage.root, name)).st_mode)

    assert [mode(name) for name in ("wifi", "log", "folder/file")] == [0o600] * 3
    assert [mode(name) for name in (".", "folder")] == [0o700] * 2


def test_links_lead_nowhere(make, tmp_path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text("secret")
    storage = make()
    os.symlink(tmp_path / "outside", os.path.join(storage.root, "out"))
    os.symlink(tmp_path / "outside/secret", os.path.join(storage.root, "link"))
    refused(lambda: storage.read("out/secret"))
    refused(lambda: storage.replace("out/secret", b"x"))
    refused(lambda: storage.append("out/secret", b"x"))
    refused(lambda: storage.remove("out/secret"))
    refused(lambda: storage.read("link"))
    refused(lambda: storage.append("link", b"x"))
    refused(lambda: storage.names("out/."))
    storage.replace("link", b"mine now")
    assert storage.read("link") == b"mine now"
    storage.remove("out")
    assert (tmp_path / "outside/secret").read_text() == "secret"
    assert storage.names() == ["link"]


def test_the_root_may_be_a_link(tmp_path) -> None:
    os.symlink(tmp_path / "real", tmp_path / "root")
    (tmp_path / "real").mkdir()
    storage = LinuxStorage(str(tmp_path / "root"))
    storage.mount()
    storage.replace("a/b", b"x")
    storage.remove("a/b")
    assert storage.names() == []


def test_what_is_no_file_is_not_read(make) -> None:
    storage = make()
    os.mkfifo(os.path.join(storage.root, "pipe"))
    refused(lambda: storage.read("pipe"))


def test_what_cannot_be_mounted(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    for root in ("file", "file/below", "nul\0"):
        with pytest.raises((DeviceError, ValueError)):
            LinuxStorage(str(tmp_path / root)).mount()
    refused(LinuxStorage(str(tmp_path / "file")).mount)


def test_what_is_read_only_is_not_usable(tiny) -> None:
    storage = LinuxStorage(tiny)
    storage.mount()
    storage.replace("file", b"old")
    subprocess.run(["mount", "-o", "remount,ro", tiny], check=True)
    refused(storage.mount)
    refused(lambda: storage.replace("file", b"new"))
    refused(lambda: storage.append("file", b"new"))
    refused(lambda: storage.remove("file"))
    assert storage.read("file") == b"old"


def test_a_medium_that_is_gone(make) -> None:
    """Without its root, reads find nothing, `free` fails, and a write makes a new root."""
    storage = make()
    os.rmdir(storage.root)
    refused(storage.free)
    assert storage.names() == []
    assert storage.read("file") is None
    storage.remove("file")
    storage.replace("file", b"x")
    assert storage.read("file") == b"x"


def test_every_error_is_translated(tmp_path) -> None:
    class Failing(FailingFiles):
        CHANGES = ("listdir", "open", "unlink")

    files = Failing()
    storage = LinuxStorage(str(tmp_path), files)
    storage.replace("a", b"x")
    for call in (storage.names, lambda: storage.read("a"), lambda: storage.remove("a")):
        files.at = files.count + 1
        refused(call)
    refused(lambda: storage.read("\ud800"))
    assert storage.read("a") == b"x"
