"""The MicroPython adapters keep their ports' contracts, on CPython with stand-in modules."""

from __future__ import annotations

import errno
import io
import os
import socket
import sys
import time
import types
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable

import pytest

from domain.errors import AppError, DeviceError, LinkError
from tests.contract import check_apphost, check_clock, check_crypto, check_storage, check_stream
from tests.contract.hosts import WORKER
from tests.contract.servers import Server, end, reset
from tests.fakes.console import FakeConsole
from tests.fakes.source import write
from tests.unit.micropython.sockets import Socket
from tests.unit.micropython.stand_ins import install, old_uzlib


@pytest.fixture(autouse=True)
def upy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Install stand-ins for MicroPython's own modules."""
    install(monkeypatch)


# clock


def test_clock() -> None:
    from adapters.micropython.clock import TicksClock

    check_clock.check_clock(TicksClock)


def test_the_counter_may_wrap(monkeypatch: pytest.MonkeyPatch) -> None:
    from adapters.micropython.clock import TicksClock

    now = 0x3FFFFFFF
    monkeypatch.setattr(time, "ticks_ms", lambda: now & 0x3FFFFFFF)
    clock = TicksClock()
    for step in (1, 5, 86_400_000 * 5, 100):
        before, now = clock.monotonic(), now + step
        assert clock.monotonic() == before + step


def test_the_machines_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from adapters.micropython import clock

    now = 100
    own = types.SimpleNamespace(
        ticks_ms=lambda: 0,
        ticks_diff=int.__sub__,
        gmtime=lambda _: (2000, 1, 1, 0, 0, 0, 5, 1),
        time=lambda: now,
    )
    monkeypatch.setattr(clock, "time", own)
    assert clock.TicksClock().epoch() is None
    now = 800_000_000
    assert clock.TicksClock().epoch() == 1_746_684_800


# crypto


def test_crypto() -> None:
    from adapters.micropython.crypto import DeviceCrypto

    check_crypto.check_crypto(DeviceCrypto)


# storage


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # a board's collector closes files
@pytest.mark.parametrize("firmware", ["new", "old"])
def test_storage(firmware: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from adapters.micropython.storage import FileStorage

    if firmware == "old":
        monkeypatch.setitem(sys.modules, "deflate", None)
        monkeypatch.setitem(sys.modules, "uzlib", old_uzlib())
    count = iter(range(1000))

    def make() -> FileStorage:
        folder = tmp_path / str(next(count))
        folder.mkdir()
        storage = FileStorage(str(folder))
        storage.mount()
        return storage

    check_storage.check_storage(make)


def test_storage_sweeps_and_tells_what_is_wrong(tmp_path: Path) -> None:
    from adapters.micropython.storage import FileStorage

    storage = FileStorage(str(tmp_path))
    storage.replace("app.a/x.py", b"x")
    (tmp_path / ".part-journal").write_bytes(b"half")
    (tmp_path / "app.a" / ".part-x.py").write_bytes(b"half")
    storage.mount()
    assert sorted(os.listdir(tmp_path / "app.a")) == ["x.py"]
    assert sorted(os.listdir(tmp_path)) == ["app.a"]
    with pytest.raises(DeviceError) as caught:
        FileStorage(str(tmp_path / "nowhere")).mount()
    assert caught.value.code == "storage"


def test_a_full_storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from adapters.micropython import storage as module

    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            raise OSError(28)

    storage = module.FileStorage(str(tmp_path))
    storage.replace("kept", b"kept")
    monkeypatch.setattr(module, "open", lambda path, mode: Full(), raising=False)
    calls: tuple[Callable[[], None], ...] = (
        lambda: storage.replace("kept", b"new"),
        lambda: storage.append("kept", b"new"),
        lambda: write(storage, "in/new", b"new"),
    )
    for call in calls:
        with pytest.raises(DeviceError) as caught:
            call()
        assert caught.value.code == "disk_full"
        assert "make room on it, or flash it anew" in caught.value.text
    assert sorted(os.listdir(tmp_path)) == ["kept"]


# app host


@pytest.fixture
def host(tmp_path: Path, stack: ExitStack) -> Callable[[str, str], Any]:
    """Return `host(worker, management)`, the `make` of the contract of app hosts."""
    from adapters.micropython.apphost import InProcessAppHost

    def make(worker: str, management: str) -> Any:
        made = InProcessAppHost(str(tmp_path), FakeConsole())
        stack.callback(made.unload)
        for folder in ("app.a", "app.b"):
            (tmp_path / folder).mkdir(exist_ok=True)
        for task, what in (("worker", worker), ("management", management)):
            path = tmp_path / "app.a" / (task + "_task.py")
            source = WORKER.format(body=check_apphost.BEHAVIOURS.get(what, what))
            path.unlink(missing_ok=True)
            if what:
                path.write_text(source.replace("Worker", task.capitalize()))
        (tmp_path / "app.b" / "worker_task.py").write_text("class WorkerTask(:\n")
        sys.path_importer_cache.clear()
        return made

    return make


# In one process, an app that exits or hangs takes the OS along: a case for the watchdog.
@pytest.mark.parametrize(
    "check", [c for c in check_apphost.CHECKS if c is not check_apphost.survives_the_app]
)
def test_apphost(check: Any, host: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    check(host)


@pytest.mark.parametrize("what", ["SystemExit", "KeyboardInterrupt", "MemoryError"])
def test_an_app_that_wants_to_end_it_all(what: str, host: Any) -> None:
    made = host("raise %s('x')" % what, "counts")
    made.load("app.a")
    assert made.call("management", None, 1) == 0
    with pytest.raises(AppError) as caught:
        made.call("worker", None, 1)
    assert caught.value.code == "died"
    assert made.call("management", None, 1) == 0  # loaded again


HEAD = "import logger\n"
SENSORS = "try:\n    import sensors\nexcept ImportError:\n    pass\n\n"


@pytest.mark.parametrize(
    ("name", "head", "line", "own"),
    [
        ("worker_task.py", HEAD + SENSORS, 7, 1),
        ("worker_task.py", HEAD + SENSORS, 30, 24),
        ("management_task.py", HEAD, 5, 4),
        ("helper.py", HEAD + SENSORS, 8, 7),  # a cloud adds SENSORS to workers only
        ("worker_task.py", "", 7, 7),  # a file without a cloud's head
        ("worker_task.py", None, 7, 7),
    ],
)
def test_lines_are_counted_as_the_owner_does(
    name: str, head: str | None, line: int, own: int, tmp_path: Path
) -> None:
    from adapters.micropython import apploader
    from adapters.micropython.apphost import InProcessAppHost

    host = InProcessAppHost(str(tmp_path), FakeConsole())
    host.folder = "app.a"
    if head is not None:
        (tmp_path / "app.a").mkdir()
        (tmp_path / "app.a" / name).write_text(head + "x = 1\n" * 40)
    for text in (
        'File "%s", line %d, in call: ValueError: a, line 5',
        'File "%s", line %d: SyntaxError',
    ):
        assert apploader.own(host, text % (name, line)) == text % (name, own)
    assert apploader.own(host, "ValueError") == "ValueError"


def test_what_a_command_prints(host: Any) -> None:
    made = host("counts", "counts")
    assert made.execute("print(1, 'a', sep='-', end='.')\nx = 2\nprint(x)", 1) == "1-a.2\n"
    assert made.execute("print(x + 1)", 1) == "3\n"
    assert "ZeroDivisionError" in made.execute("print('so far')\n1/0", 1)
    assert "SystemExit" in made.execute("import sys\nsys.exit()", 1)
    assert len(made.execute("for i in range(10000): print(i)", 1)) <= 2048


def test_the_logger(host: Any) -> None:
    made = host("import logger; logger.info('hello', 5); logger.error('oh'); return 1", "")
    made.load("app.a")
    assert made.call("worker", None, 1) == 1


# stream


def test_stream(monkeypatch: pytest.MonkeyPatch, serve: Callable[..., Server], stack: Any) -> None:
    from adapters.micropython import stream as module
    from adapters.micropython.clock import TicksClock

    sockets = types.SimpleNamespace(
        socket=Socket, getaddrinfo=socket.getaddrinfo, SOCK_STREAM=socket.SOCK_STREAM
    )
    monkeypatch.setattr(module, "socket", sockets)

    def make(*incoming: Any) -> Any:
        def handler(conn: socket.socket, server: Server) -> None:
            for piece in incoming:
                if piece == "cut":
                    conn.recv(1)
                    reset(conn)
                    return
                if piece == "timeout":
                    end(conn, server, "hang")
                    return
                conn.sendall(piece)
            conn.shutdown(socket.SHUT_WR)
            while True:
                data = conn.recv(65536)
                if not data:
                    return
                server.receive(data)

        server = serve(handler)
        made = module.SocketStream(TicksClock(), None)
        stack.callback(made.close)
        return made, server.host, server.port, server.written

    check_stream.check_stream(make)


class Broken(Socket):
    """A socket that raises `error` in the methods named in `fails`."""

    error: Exception = OSError()
    fails: tuple[str, ...] = ()

    def connect(self, address: Any) -> None:
        self._fail("connect")

    def read(self, size: int) -> bytes | None:
        self._fail("read")
        return super().read(size)

    def close(self) -> None:
        super().close()
        if self.fails:
            raise OSError(errno.EIO)  # which must not reach the caller

    def _fail(self, name: str) -> None:
        if name in self.fails:
            raise self.error


@pytest.mark.parametrize(
    ("fails", "error", "code"),
    [
        ("connect", OSError(errno.ECONNREFUSED), "refused"),
        ("connect", OSError(errno.ETIMEDOUT), "timeout"),
        ("connect", OSError(errno.EINPROGRESS), "timeout"),
        ("connect", OSError(errno.EHOSTUNREACH), "no_link"),
        ("connect", ValueError(), "refused"),
        ("read", OSError(errno.ECONNRESET), "cut"),
        ("read", OSError(-0x7280), "tls"),
        ("read", ValueError("bad record"), "tls"),
    ],
)
def test_what_a_connection_fails_with(
    fails: str, error: Exception, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from adapters.micropython import stream as module
    from adapters.micropython.clock import TicksClock

    monkeypatch.setattr(Broken, "error", error)
    monkeypatch.setattr(Broken, "fails", (fails,))
    sockets = types.SimpleNamespace(
        socket=Broken, getaddrinfo=socket.getaddrinfo, SOCK_STREAM=socket.SOCK_STREAM
    )
    monkeypatch.setattr(module, "socket", sockets)
    stream = module.SocketStream(TicksClock(), None)
    with pytest.raises(LinkError, match="look after (both ends|the file ca)") as caught:
        stream.connect("127.0.0.1", 9, False, 100)
        stream.read(1, 100)
    assert caught.value.code == code
    stream.close()
    with pytest.raises(LinkError, match="is closed"):
        stream.read(1, 100)


def test_a_name_that_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    from adapters.micropython import stream as module
    from adapters.micropython.clock import TicksClock

    def unknown(*_: Any) -> Any:
        raise OSError(-2)

    monkeypatch.setattr(module, "socket", types.SimpleNamespace(getaddrinfo=unknown, SOCK_STREAM=1))
    with pytest.raises(LinkError, match="nowhere") as caught:
        module.SocketStream(TicksClock(), None).connect("nowhere", 80, False, 100)
    assert caught.value.code == "no_address"
