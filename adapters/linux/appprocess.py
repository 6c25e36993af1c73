"""A child process for an app, watched from outside: bounded in time and in output."""

from __future__ import annotations

import json
import math
import os
import re
import secrets
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import Callable

from adapters.linux import appchild
from adapters.linux.lines import Lines

_MAX_ANSWER = appchild.MAX_VALUE + 65536  # bytes of a line
_TAIL = 16384  # bytes of output kept, in which the place of a crash is looked for
_CLEANUP_S = 0.4
_LOOK_S = 10.0  # longer than a busy machine lets a process wait for its turn
_AGAIN_S = 0.002
_PIPE = 65536  # bytes: the capacity of a pipe of Linux
_DATA = "data"  # below the root: the folder of the app's own files, which outlive its versions
_LOOK_MS = 100  # a copy of the app may hold the pipes open after its death: check for it
_KEPT_BACK = ("PYTHINGS_", "NOTIFY_", "WATCHDOG_")  # may be secrets; are between systemd and us

_MARK = "PYTHINGS_APP_IN"  # in the environment of an app and of all that it starts: its root

_CRASH_PLACE = re.compile(rb'File "([^"\n]+)", line (\d+) in (\S+)')


class AppEnded(Exception):
    """The process has ended, or must be ended. `code`: `hung` or `died`."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


class AppProcess:
    """A child process, started at once. `root`: the storage, which the app lives in;
    `log(level, text)` receives the app's log; `memory`: bytes of address space that it may use, 0
    for no limit.

    The child dies with the thread that made it (prctl(2), PR_SET_PDEATHSIG). Raises OSError.
    """

    def __init__(self, root: str, log: Callable[[int, str], None], memory: int = 0) -> None:
        self._root = os.path.realpath(root)
        self._log = log
        self._lines = Lines(_MAX_ANSWER)
        self._tail = b""
        requests, self._requests = os.pipe()
        self._answers, answers = os.pipe()
        self._output, output = os.pipe()
        self._open = {self._answers, self._output}  # not at their ends yet
        for number in (self._requests, self._answers, self._output):
            os.set_blocking(number, False)
        try:
            self._process = self._start(requests, answers, output, memory)
        except OSError:
            self._close()
            raise
        finally:
            for number in (requests, answers, output):
                os.close(number)

    def ask(
        self, request: appchild.Message, until: float, output: Callable[[bytes], None]
    ) -> appchild.Message:
        """Return the answer to a request; the app's prints meanwhile go to `output`.

        `until`: on time.monotonic(). Raises AppEnded; the caller must then call `kill`.
        """
        token = secrets.token_hex(8)
        left = json.dumps({"id": token, **request}).encode() + b"\n"
        while True:
            wait = until - time.monotonic()
            if wait <= 0:
                raise AppEnded("hung", "no answer in time" + self._place_asked())
            gone = self._process.poll() is not None  # then all its output is in the pipes
            self._wait(0 if gone else wait, bool(left))
            left = self._write(left)
            answer = self._receive(token)
            output(self._printed())
            if answer is not None:
                return answer
            if gone or self._answers not in self._open:
                raise AppEnded("died", self._epitaph())

    def kill(self) -> None:
        """End the process and all that it has started. Never raises."""
        with suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):  # it hangs in a driver: left to the kernel
            self._process.wait(1)
        end_left_behind(self._root)
        self._close()

    def _start(
        self, requests: int, answers: int, output: int, memory: int
    ) -> subprocess.Popen[bytes]:
        folder = os.path.join(self._root, _DATA)
        with suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        environment = {key: os.environ[key] for key in os.environ if not key.startswith(_KEPT_BACK)}
        arguments = [str(number) for number in (requests, answers, os.getpid(), memory)]
        return subprocess.Popen(  # noqa: S603 - the interpreter that runs us
            [sys.executable, "-I", "-B", "-u", "-X", "utf8", appchild.__file__, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(requests, answers),
            cwd=folder,
            env={**environment, _MARK: self._root},
            start_new_session=True,  # so that its own children are killed with it
        )

    def _wait(self, seconds: float, writing: bool) -> None:
        poll = select.poll()
        for number in self._open:
            poll.register(number, select.POLLIN)
        if writing:
            poll.register(self._requests, select.POLLOUT)
        poll.poll(min(_LOOK_MS, math.ceil(seconds * 1000)))

    def _write(self, data: bytes) -> bytes:
        """Write to the pipe; return the bytes that it did not take."""
        try:
            return data[os.write(self._requests, data) :] if data else data
        except BlockingIOError:
            return data
        except OSError:  # the reader is gone; `ask` finds out how it ended
            return b""

    def _receive(self, token: str) -> appchild.Message | None:
        """Process the lines received; return the answer, if it is among them."""
        found = None
        for line in self._lines.feed(self._read(self._answers)):
            message = _message(line)
            if message.get("id") == token:
                found = message
            elif "log" in message:
                level, text = message["log"]
                self._log(int(level), str(text))
        return found

    def _printed(self) -> bytes:
        data = self._read(self._output)
        self._tail = (self._tail + data)[-_TAIL:]
        return data

    def _read(self, number: int) -> bytes:
        """Read a pipe until it is empty, or one pipe's capacity: an app may write without end."""
        data = b""
        while number in self._open and len(data) < _PIPE:
            try:
                piece = os.read(number, _PIPE)
            except BlockingIOError:
                break
            data += piece
            if not piece:
                self._open.remove(number)
        return data

    def _place_asked(self) -> str:
        """Return the app's place, which faulthandler writes when the process is aborted."""
        self._process.send_signal(signal.SIGABRT)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_CLEANUP_S)
        self._printed()
        return self._place()

    def _epitaph(self) -> str:
        try:
            status = self._process.wait(_CLEANUP_S)
        except subprocess.TimeoutExpired:
            return "the app cut its own connection to the OS"
        if status >= 0:
            return "the app ended its process with exit status %d" % status
        memory = " (is the memory full?)" if status == -signal.SIGKILL else ""
        return "the app's process was ended by %s%s%s" % (
            signal.Signals(-status).name,
            memory,
            self._place(),
        )

    def _place(self) -> str:
        for path, line, function in _CRASH_PLACE.findall(self._tail):
            name = os.fsdecode(path)
            if name.startswith((self._root + os.sep, "<command>")):
                number = int(line) - appchild.put_before(name)
                step = (os.path.basename(name), number, os.fsdecode(function))
                return ", at %s line %d in %s" % step
        return ""

    def _close(self) -> None:
        for number in (self._requests, self._answers, self._output):
            os.close(number)


def end_left_behind(root: str, proc: str = "/proc") -> None:
    """End all processes that an app in `root` (a real path) has started, in sessions of their own
    too, and those left by an OS that was killed. The OS itself bears no mark.

    Repeats until none is found: one may have started another meanwhile.
    """
    mark = os.fsencode("\0%s=%s\0" % (_MARK, root))
    until = time.monotonic() + _LOOK_S
    ended: set[str] = set()
    while True:
        found = {name for name in os.listdir(proc) if name.isdigit()} - ended
        # First, as one may get its environment between the two scans.
        starting = {name for name in found if _executes(os.path.join(proc, name))}
        marked = {name for name in found if _bears(mark, os.path.join(proc, name))}
        for name in marked:
            with suppress(OSError):  # gone meanwhile
                os.kill(int(name), signal.SIGKILL)
        ended |= marked
        if not (marked or starting) or time.monotonic() > until:  # or there is no end of them
            return
        if not marked:
            time.sleep(_AGAIN_S)


def _bears(mark: bytes, process: str) -> bool:
    """Return whether a process bears the mark; False if it is gone, or another user's."""
    with suppress(OSError), open(os.path.join(process, "environ"), "rb") as file:
        return mark in b"\0" + file.read()
    return False


def _executes(process: str) -> bool:
    """Return whether a process is about to run a new program.

    It has one, but its environment is not in place yet (proc(5): `env_end`, the 51st field of
    `stat`); until then the kernel shows none, while the process that started it already goes on.
    Kernel threads and the dead have no program.
    """
    with suppress(OSError, IndexError), open(os.path.join(process, "stat"), "rb") as file:
        fields = file.read().rpartition(b")")[2].split()
        return fields[48] == b"0" and bool(os.readlink(os.path.join(process, "exe")))
    return False


def _message(line: bytes) -> appchild.Message:
    """Parse a line, as far as it is used here; return {} for one written by the app itself."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(message, dict):
        return {}
    for key, kinds in (("log", [int, str]), ("error", [str, str])):
        value = message.get(key)
        if key in message and not (isinstance(value, list) and [type(v) for v in value] == kinds):
            return {}
    return message
