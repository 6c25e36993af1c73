"""The contract of storage."""

from __future__ import annotations

import zlib
from typing import Callable

import pytest

from domain.errors import DeviceError
from ports.storage import Storage
from tests.fakes.source import pieces, whole, write

Make = Callable[[], Storage]

BAD_NAMES = ("", ".", "..", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", "/", "a/.", "x\0y")


def check_storage(make: Make) -> None:
    """Run the contract; `make()` returns an empty, mounted storage with some 100 kB of room."""
    for check in CHECKS:
        check(make)


def refused(call: Callable[[], object], code: str = "storage") -> None:
    """Check that the call raises a DeviceError of that code, with a text."""
    with pytest.raises(DeviceError) as caught:
        call()
    assert caught.value.code == code
    assert len(caught.value.text) > 10


def starts_empty(make: Make) -> None:
    storage = make()
    assert storage.names() == []
    assert storage.read("aid") is None
    assert storage.read("app.a/worker_task.py") is None
    storage.mount()
    assert storage.names() == []
    assert storage.free() > 50_000


def keeps_what_is_written(make: Make) -> None:
    storage = make()
    for content in (b"", b"one", bytes(range(256)) * 40, b"short"):
        storage.replace("file", content)
        assert storage.read("file") == content
    assert storage.mount() == storage.names() == ["file"]
    assert storage.read("file") == b"short"


def inflates(make: Make) -> None:
    storage = make()
    for content in (b"", b"one", bytes(range(256)) * 200, bytes(200_000)):
        packer = zlib.compressobj(9, zlib.DEFLATED, -10)
        storage.replace("packed", packer.compress(content) + packer.flush())
        assert whole(storage.source("packed", True)) == content
    refused(lambda: whole(storage.source("none", True)))


def says_what_cannot_be_inflated(make: Make) -> None:
    storage = make()
    packer = zlib.compressobj(9, zlib.DEFLATED, -10)
    packed = packer.compress(bytes(range(256)) * 20) + packer.flush()
    for content in (packed[:-20], b"\xff" * 20):
        storage.replace("packed", content)
        refused(lambda: whole(storage.source("packed", True)), "packed")


def reads_up_to_a_limit(make: Make) -> None:
    storage = make()
    storage.replace("file", b"12345")
    assert storage.read("file", 5) == b"12345"
    refused(lambda: storage.read("file", 4))
    storage.replace("large", bytes(65536))
    assert storage.read("large") == bytes(65536)
    storage.replace("large", bytes(65537))
    refused(lambda: storage.read("large"))


def gives_streams(make: Make) -> None:
    storage = make()
    for content in (b"", b"one", bytes(range(256)) * 300):
        storage.replace("folder/file", content)
        for size in (64, 4096):
            found = list(pieces(storage.source("folder/file"), size))
            assert b"".join(found) == content
            assert max(map(len, found), default=0) <= size
    for name in ("none", "folder/file/none", "folder", "../file"):
        refused(lambda name=name: whole(storage.source(name)))  # type: ignore[misc]


def reads_parts(make: Make) -> None:
    storage = make()
    storage.replace("in/file", b"0123456789")
    assert storage.part("in/file", 0, 4) == b"0123"
    assert storage.part("in/file", 4, 100) == b"456789"
    assert storage.part("in/file", 10, 1) == storage.part("in/file", 99, 1) == b""
    for name in ("none", "in", "in/none", "in/file/none"):
        refused(lambda name=name: storage.part(name, 0, 1))  # type: ignore[misc]


def lets_go_of_a_stream(make: Make) -> None:
    storage = make()
    storage.replace("file", bytes(5000))
    source = storage.source("file")
    assert source.readinto(memoryview(bytearray(64)))
    del source
    storage.replace("file", b"new")
    storage.remove("file")
    assert storage.names() == []


def has_folders_that_come_and_go(make: Make) -> None:
    storage = make()
    storage.replace("app.a/lib/x.py", b"x")
    storage.append("app.a/y.py", b"y")
    storage.replace("app.b", b"a file")
    assert storage.names() == ["app.a", "app.b"]
    assert storage.names("app.a") == ["lib", "y.py"]
    assert storage.names("app.a/lib") == ["x.py"]
    assert storage.names("app.b") == []
    assert storage.names("nowhere/at/all") == []
    storage.remove("app.a/lib/x.py")
    assert storage.names("app.a") == ["y.py"]
    storage.remove("app.a/y.py")
    assert storage.names() == ["app.b"]


def removes(make: Make) -> None:
    storage = make()
    for name in ("f/a", "f/g/b", "f/g/h/c", "fg", "other"):
        storage.replace(name, b"x")
    storage.remove("f")
    assert storage.names() == ["fg", "other"]
    storage.remove("other")
    storage.remove("other")
    storage.remove("never/was")
    storage.remove("fg/below a file")
    assert storage.names() == ["fg"]
    assert storage.read("f/a") is None
    assert storage.read("fg/below a file") is None


def appends(make: Make) -> None:
    storage = make()
    for count in range(1, 4):
        storage.append("queue.1", b"line\n")
        assert storage.read("queue.1") == b"line\n" * count
    storage.replace("queue.1", b"new")
    storage.append("queue.1", b"er")
    assert storage.read("queue.1") == b"newer"
    storage.append("empty", b"")
    assert storage.read("empty") == b""


def receives_all_or_nothing(make: Make) -> None:
    storage = make()
    storage.replace("file", b"old")

    with storage.receive("file") as file:
        for piece in (b"new ", b"", memoryview(b"content")):
            file.write(piece)
            assert storage.read("file") == b"old"
            assert storage.names() == ["file"]
    assert storage.read("file") == b"new content"
    write(storage, "folder/empty")
    assert storage.read("folder/empty") == b""


def forgets_what_was_not_received(make: Make) -> None:
    storage = make()
    storage.replace("file", b"old")
    for error in (KeyError("mine"), OSError(28, "mine"), KeyboardInterrupt()):
        for name in ("file", "folder/new"):
            with pytest.raises(type(error)) as caught, storage.receive(name) as file:
                file.write(b"half")
                raise error
            assert caught.value is error
    assert storage.read("file") == b"old"
    assert storage.names() == ["file"]
    assert storage.read("folder/new") is None


def refuses_names_that_leave_the_root(make: Make) -> None:
    storage = make()
    for name in BAD_NAMES:
        refused(lambda name=name: storage.read(name))  # type: ignore[misc]
        refused(lambda name=name: storage.replace(name, b"x"))  # type: ignore[misc]
        refused(lambda name=name: storage.append(name, b"x"))  # type: ignore[misc]
        refused(lambda name=name: storage.remove(name))  # type: ignore[misc]
        refused(lambda name=name: write(storage, name, b"x"))  # type: ignore[misc]
        if name:
            refused(lambda name=name: storage.names(name))  # type: ignore[misc]
    assert storage.names() == []


def does_not_mix_files_and_folders(make: Make) -> None:
    storage = make()
    storage.replace("file", b"x")
    storage.replace("folder/file", b"x")
    refused(lambda: storage.read("folder"))
    refused(lambda: storage.replace("folder", b"x"))
    refused(lambda: storage.append("folder", b"x"))
    refused(lambda: write(storage, "folder", b"x"))
    refused(lambda: storage.replace("file/below", b"x"))
    refused(lambda: storage.append("file/below", b"x"))
    assert storage.names() == ["file", "folder"]
    assert storage.read("file") == b"x"
    assert storage.names("folder") == ["file"]


CHECKS = (
    starts_empty,
    keeps_what_is_written,
    reads_up_to_a_limit,
    gives_streams,
    reads_parts,
    inflates,
    says_what_cannot_be_inflated,
    lets_go_of_a_stream,
    has_folders_that_come_and_go,
    removes,
    appends,
    receives_all_or_nothing,
    forgets_what_was_not_received,
    refuses_names_that_leave_the_root,
    does_not_mix_files_and_folders,
)


def check_full_storage(make: Callable[[], tuple[Storage, int]]) -> None:
    """Check a full storage; `make()` returns a mounted one and a size in bytes beyond its room."""
    storage, too_much = make()
    storage.replace("kept", b"kept")
    free = storage.free()
    refused(lambda: storage.replace("new", bytes(too_much)), "disk_full")
    refused(lambda: storage.replace("kept", bytes(too_much)), "disk_full")
    refused(lambda: write(storage, "in/new", bytes(too_much)), "disk_full")
    refused(lambda: storage.append("log", bytes(too_much)), "disk_full")
    assert storage.read("kept") == b"kept"
    assert "new" not in storage.names()
    assert "in" not in storage.names()
    storage.remove("log")
    assert storage.free() >= free - 8192
    storage.replace("kept", b"still works")
    assert storage.read("kept") == b"still works"
