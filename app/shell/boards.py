"""Things started by the shell itself: a child process, or a simulated board."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from adapters.linux.console import LEVELS
from adapters.linux.shellsocket import NAME
from app import place, process_lifetime
from app.shell.connection import QueueConnection, SocketConnection, patient
from app.shell.errors import ShellError
from app.simulator.errors import SimError

_START_S = 30.0
_STOP_S = 10.0
_BOARD_FILE = "board.json"


class ChildConnection(SocketConnection):
    """A child process that runs `pythings run --hold` and ends with the shell."""

    def __init__(self, root: Path, given: dict[str, str], others: list[str]) -> None:
        super().__init__(root / NAME)
        options = ["--%s=%s" % (name.replace("_", "-"), given[name]) for name in given]
        self._command = place.command("run", "--root", str(root), "--hold")
        self._command += [*options, *others]
        self._process: subprocess.Popen[bytes] | None = None
        self._said = root / "shell.log"

    def open(self) -> None:
        """Start the process unless it runs, and connect. Raise `Gone` until it listens."""
        if self._process is None or self._process.poll() is not None:
            self._start()
        super().open()

    def start(self) -> None:
        """Start the process for the first time. Raise `ShellError` with its output if it ends."""
        self._start()
        try:
            patient(_Watched(self), _START_S)
        except BaseException:  # it does not start, or the user interrupted
            self.close_all()
            raise

    def ended(self) -> str:
        """Return the last output of a process that has ended, or an empty text."""
        if self._process is None or self._process.poll() is None:
            return ""
        return self._said.read_text(errors="replace")[-500:].strip() or "it has ended"

    def power_cut(self) -> None:
        """Kill the process, as a power cut would. `open` starts it again."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def close_all(self) -> None:
        """Close the connection and end the process."""
        self.close()
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self) -> None:
        try:
            self._said.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = open(self._said, "wb")  # noqa: SIM115 - closed below
        except OSError as error:
            raise ShellError("%s cannot be used: %s" % (self._said.parent, error)) from None
        with file as said:
            self._process = process_lifetime.start(
                self._command,
                cwd=place.SOURCE,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                start_new_session=True,  # Ctrl-C is the shell's
            )


class _Watched:
    """Opens the socket of a started child; raises `ShellError` if the child has ended."""

    silent = False

    def __init__(self, child: ChildConnection) -> None:
        self._child = child

    def open(self) -> None:
        said = self._child.ended()
        if said:
            raise ShellError(said)
        SocketConnection.open(self._child)

    def receive(self, _wait_s: float) -> list[str]:
        return []

    def send(self, line: str) -> None:
        """Ignore the line."""

    def close(self) -> None:
        """Do nothing."""


class SimConnection(QueueConnection):
    """A simulated board; its console lines and events are received as lines. `modem_speed`: the
    time of its modem over real time."""

    def __init__(
        self,
        name: str,
        root: Path,
        given: dict[str, str],
        ca: Path | None,
        modem_speed: float = 1.0,
    ) -> None:
        super().__init__()
        # Imported late: the simulator is slow to load.
        from app.simulator.host import SimBoard
        from app.simulator.modem import ModemOptions
        from app.simulator.system import install, parameters, release

        self._opened = False
        modem = ModemOptions(modem_speed)
        try:
            self.board = SimBoard(name, root, self._tell, self.lines.put, modem=modem)
            try:
                files = parameters(given, ca, modem=self.board.kind.modem is not None)
                install(self.board, release(name, True), files, root)
                self._allow()
            except BaseException:
                self.board.close()
                raise
        except SimError as error:
            raise ShellError(str(error)) from None

    def open(self) -> None:
        """Power the board on at the first call, and wait until it starts."""
        if not self._opened:
            self._opened = True
            self.board.start()
            while self.lines.get() is not None:
                pass  # lines from before the start

    def send(self, line: str) -> None:
        """Type a line on the board's console; it is lost if the board is off."""
        with suppress(SimError):
            self.board.type(line)

    def close(self) -> None:
        """Do nothing: the board stays on between `Gone` and `open`."""

    def close_all(self) -> None:
        """Stop the OS and power the board off."""
        with suppress(SimError):
            self.board.stop()
        self.board.close()

    def power_cut(self) -> None:
        """Turn the power off and on."""
        self.control("power cycle")

    def control(self, line: str) -> None:
        """Execute a command of the simulator. Raise `ShellError`."""
        try:
            self.board.control(line)
        except SimError as error:
            raise ShellError(str(error)) from None

    def _tell(self, event: str, level: int = 20, **fields: Any) -> None:
        if event == "board_reset":
            self.lines.put(None)
        self.lines.put(json.dumps({**fields, "event": event, "level": LEVELS[level]}))

    def _allow(self) -> None:
        """Allow the shell in the board file, without a password, unless it has an entry."""
        content = self.board.files().get(_BOARD_FILE, b"{}")
        try:
            said = json.loads(content)
        except ValueError:
            said = None
        if isinstance(said, dict) and "shell" not in said:
            said["shell"] = "open"
            self.board.put({_BOARD_FILE: json.dumps(said).encode()})
