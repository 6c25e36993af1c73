"""The simulator's stand-ins for a board's modules, on CPython: their other end, the simulated
hardware, is the real one, and MicroPython's own modules are made of CPython's."""

from __future__ import annotations

import builtins
import io
import json
import os
import socket
import sys
import threading
import time
import types
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import pytest

from app.simulator.boards import kind_of
from app.simulator.errors import HardwareRefusal
from app.simulator.firmware import NEWEST
from app.simulator.hardware import Hardware
from app.simulator.interpreter import BOARD
from app.simulator.wifi import DEFAULT_NETWORK, DEFAULT_PASSWORD, Network
from build.firmware import romfs
from tests.unit.micropython.sockets import Socket, new_ssl

MAC = bytes.fromhex("aabbcc01020f")
# Requests to the supervisor, and not to the hardware.
_SUPERVISOR = [
    "deepsleep",
    "feed",
    "formatted",
    "power_fails",
    "reset",
    "small",
    "started",
    "wdt",
]


class Simulated:
    """A simulated board. `told`: its requests to the host; `said`: the lines that it printed.

    `import` finds the stand-ins within its modules and programs only: its `time` replaces no
    other `time`.
    """

    def __init__(
        self,
        name: str,
        root: Path,
        cause: str = "power_on",
        version: str = NEWEST,
        **config: Any,
    ) -> None:
        self.kind = kind_of(name)
        self.told: list[list[Any]] = []
        self.said: list[str] = []
        self.files: dict[str, str] = {}
        self.closed = threading.Event()
        self.hardware = Hardware(self.kind, MAC, root / "nvs.json", self._happens, version=version)
        self.hardware.air.delay_s = self.hardware.event_s = 0
        self.hardware.air.add(Network(DEFAULT_NETWORK, DEFAULT_PASSWORD))
        self.events: list[tuple[str, dict[str, Any]]] = []
        none = dict.fromkeys(["ticks", "cut_after", "timers_ms", "sleeps_ms"], 0)
        self.config = {**self.hardware.config(cause), **none}
        self.config.update(config)
        self.heap = 1 << 40
        self.opened: list[IO[bytes]] = []
        self.modules: dict[str, Any] = _firmware(self)
        self._line = Line(self)
        self._builtins = {
            **vars(builtins),
            "__import__": self._import,
            "open": lambda *_: self._line,
            "print": self._print,
            "bytearray": _bytearray(self),
            "execfile": lambda name, names: self.run(self.files[name], names),
        }

    def close(self) -> None:
        """End its threads."""
        self.closed.set()
        for file in self.opened:
            file.close()
        self.hardware.close()

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Install its `machine` and `network` for adapters that are imported from now on."""
        for name in ("machine", "network"):
            if name in self.kind.modules:
                monkeypatch.setitem(sys.modules, name, self.load(name))

    def load(self, name: str) -> Any:
        """Return a module, as the board's programs import it."""
        return self._import(name)

    def run(self, program: str, names: dict[str, Any] | None = None) -> list[str]:
        """Run a program and return the lines printed so far."""
        names = {} if names is None else names
        exec(compile(program, "<program>", "exec"), {"__builtins__": self._builtins, **names})
        return self.said

    def main(self) -> int:
        """Run everything from power on to the program's end, and return the exit status."""
        try:
            self._execute("main", BOARD / "main.py")
        except SystemExit as end:
            return int(str(end.code))
        raise AssertionError("a board does not just stop")

    def ask(self, name: str, arguments: list[Any]) -> Any:
        """Return the host's answer."""
        if name == "boot":
            return self.config
        if name in _SUPERVISOR:
            self.told.append([name, *arguments])
            return None
        return self.hardware.ask(name, arguments)

    def open_file(self, path: str, mode: str) -> IO[bytes]:
        """Open a file of the host's file system."""
        self.opened.append(open(path, mode, buffering=0))  # noqa: SIM115 - until `close`
        return self.opened[-1]

    def _happens(self, event: str, **fields: Any) -> None:
        self.events.append((event, fields))

    def _import(self, name: str, *arguments: Any) -> Any:
        replaced: dict[str, Any] = self.modules["sys"].modules
        if name in replaced:
            return replaced[name]
        if name not in self.modules:
            folders = ("common", *self.kind.folders)
            paths = [BOARD / folder / (name + ".py") for folder in folders]
            found = [path for path in paths if path.exists()]
            if not found:
                return __import__(name, *arguments)
            self._execute(name, found[0])
        return self.modules[name]

    def _execute(self, name: str, path: Path) -> None:
        module = types.ModuleType(name)
        vars(module).update(__builtins__=self._builtins, __file__=str(path))
        self.modules[name] = self.modules["sys"].modules[name] = module
        exec(compile(path.read_text(), str(path), "exec"), vars(module))

    def _print(self, *values: Any) -> None:
        output = io.StringIO()
        print(*values, file=output)
        self.said += output.getvalue().splitlines()


class Line:
    """The line between board and host; each request is answered before the board reads."""

    def __init__(self, board: Simulated) -> None:
        self._board = board
        self._answers: list[bytes] = []
        self.noise: list[bytes] = []  # comes before the next answer

    def write(self, data: str | bytes) -> None:
        number, name, *arguments = json.loads(data)
        try:
            answer = [number, True, self._board.ask(name, arguments)]
        except HardwareRefusal as refusal:
            answer = [number, False, refusal.error, refusal.arguments]
        if number:
            self._answers += [*self.noise, json.dumps(answer).encode() + b"\n"]
            self.noise = []

    def readline(self) -> bytes:
        return self._answers.pop(0)

    def read(self, _size: int) -> bytes:
        return b""  # the host takes the power away


class FakeFiles:
    """`vfs.VfsLfs2`, as far as a start goes: a file system has a mark in its first block."""

    MARK = b"littlefs".ljust(4096, b"\0")

    def __init__(self, flash: Any) -> None:
        found = bytearray(4096)
        flash.readblocks(0, found)
        if found != self.MARK:
            raise OSError(19)

    @classmethod
    def mkfs(cls, flash: Any) -> None:
        flash.writeblocks(0, cls.MARK)


class FakeRom:
    """`vfs.VfsRom`: `open` returns a read-only memoryview."""

    def __init__(self, memory: Any) -> None:
        if bytes(memory[:3]) != b"\xd2\xcd\x31":
            raise OSError(19)
        self._memory = memory

    def open(self, name: str, _mode: str) -> memoryview:
        size = len(romfs.read(bytes(self._memory))[name])
        return memoryview(self._memory)[-size:].toreadonly()  # the only one


def _firmware(board: Simulated) -> dict[str, Any]:
    """Return the modules that the interpreter itself has."""
    mounts: list[str] = []
    given: dict[str, dict[str, Any]] = {
        "builtins": {"pow": pow, "__import__": board.load},
        "_thread": {"start_new_thread": _start_new_thread},
        "deflate": {"RAW": 1, "ZLIB": 2, "GZIP": 3, "DeflateIO": lambda *made: made},
        "gc": {
            **dict.fromkeys(["collect", "disable", "enable", "isenabled"], lambda: 0),
            "mem_free": lambda: board.heap,
            "threshold": lambda _size=0: -1,
        },
        "micropython": {"const": lambda value: value, "schedule": lambda run, value: run(value)},
        "sys": _sys(board),
        "tls": vars(new_ssl()),
        "uos": {
            **{
                name: getattr(os, name)
                for name in ["getcwd", "listdir", "mkdir", "remove", "rename"]
            },
            **{name: getattr(os, name) for name in ["rmdir", "statvfs", "unlink", "urandom"]},
            **dict.fromkeys(["VfsFat", "VfsLfs2", "ilistdir", "mount", "umount"]),
            "chdir": mounts.append,
            "stat": lambda name: _stat(board, name),
        },
        "usocket": {
            **{name: getattr(socket, name, 0) for name in dir(socket) if name.isupper()},
            "getaddrinfo": socket.getaddrinfo,
            "socket": Socket,
        },
        "utime": _utime(board),
        "vfs": {
            "VfsLfs2": FakeFiles,
            "VfsPosix": lambda: types.SimpleNamespace(open=board.open_file, stat=os.stat),
            "VfsFat": None,
            "VfsRom": FakeRom,
            "mount": lambda what, where: mounts.append(where),
            "umount": mounts.append,
        },
    }
    modules = {}
    for name, content in given.items():
        modules[name] = types.ModuleType(name)
        vars(modules[name]).update(content)
    return modules


def _start_new_thread(run: Any, arguments: tuple[Any, ...]) -> None:
    def thread() -> None:
        with suppress(SystemExit):
            run(*arguments)

    threading.Thread(target=thread, daemon=True).start()


def _sys(board: Simulated) -> dict[str, Any]:
    def show(error: BaseException) -> None:
        board.said.append("%s: %s" % (type(error).__name__, error))

    names = "byteorder exit implementation maxsize stderr stdin stdout version version_info"
    return {
        **{name: getattr(sys, name) for name in names.split()},
        "argv": ["main.py", "3"],
        "modules": {},
        "path": [str(BOARD)],
        "print_exception": show,
    }


def _utime(board: Simulated) -> dict[str, Any]:
    def ticks_us() -> int:
        return time.monotonic_ns() // 1000

    def ticks_ms() -> int:
        return time.monotonic_ns() // 1_000_000

    def sleep_us(us: int) -> None:
        if board.closed.wait(us / 1_000_000):
            raise SystemExit  # of this thread

    return {
        "gmtime": time.gmtime,
        "sleep_ms": lambda ms: sleep_us(ms * 1000),
        "sleep_us": sleep_us,
        "ticks_add": lambda ticks, delta: ticks + delta,
        "ticks_diff": lambda end, start: end - start,
        "ticks_ms": ticks_ms,
        "ticks_us": ticks_us,
        "time": time.time,
    }


def _stat(board: Simulated, name: str) -> None:
    if name not in board.files:
        raise OSError(2)


def _bytearray(board: Simulated) -> Any:
    class Bytearray(bytearray):
        takes = 0

        def __init__(self, source: Any) -> None:
            if isinstance(source, int):
                if source > board.heap:
                    raise MemoryError
                board.heap -= source
                self.takes = source
            super().__init__(source)

        def __del__(self) -> None:
            board.heap += self.takes

    return Bytearray
