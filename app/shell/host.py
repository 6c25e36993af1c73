"""The execution of shell commands: on the Thing, or on this machine."""

from __future__ import annotations

import base64
import shlex
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable

from adapters.linux import inputs
from adapters.linux.console import printable
from app.shell import graph, render
from app.shell.errors import Gone, ShellError
from app.shell.greeting import NO_SENSE
from app.shell.recording import Recorder
from app.shell.session import ANSWER_S, SCAN_S, ShellSession
from app.shell.vocabulary import COMMANDS, help_on, unknown
from build.diagram import mermaid
from domain.checksum import checksum

_LEAVE_S = 2.0  # timeout for a Thing that no longer answers
_MOST = 1 << 24  # bytes of a file: no board has a larger flash
_PIECE = 90  # bytes of a file in one request: 120 characters


class Quit(Exception):
    """The user leaves the shell."""


class CommandResult:
    """The result of a command: `value` and `items` for programs, `text` for users."""

    def __init__(self, words: list[str], value: Any, items: list[Any], text: str) -> None:
        self.words = words
        self.value = value
        self.items = items
        self.text = text


class Host:
    """Executes commands in a session. Some connections can do more than carry lines:
    `power_cut()`, `control(line)`, `repl()`, `sync()`. `timeout`: seconds for `until`."""

    def __init__(
        self, session: ShellSession, color: bool = False, timeout: float | None = None
    ) -> None:
        self.session = session
        self.color = color
        self.timeout = timeout
        self.recorder: Recorder | None = None
        self._here: dict[str, Callable[[list[str]], CommandResult]] = {
            "help": self._help,
            "graph": self._graph,
            "put": self._put,
            "cat": self._cat,
            "record": self._record,
            "sim": self._sim,
            "inject": self._inject,
            "repl": self._repl,
            "sync": self._sync,
        }

    def run(self, words: list[str]) -> CommandResult:
        """Execute a command. Raise `Quit`, `CommandRefused`, or `ShellError`."""
        name = words[0]
        if name in ("quit", "exit"):
            raise Quit
        if name not in COMMANDS:
            raise ShellError(unknown(name))
        try:
            return self._here.get(name, self._ask)(words)
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            raise ShellError("%s (%s: %r)" % (NO_SENSE, name, error)) from error

    def close(self) -> None:
        """Close the recording; remove injected faults, breaks and the hold from the Thing."""
        if self.recorder:
            self.recorder.close()
        for words in (["inject", "heal"], ["clear"], ["auto"]) if self.session.greeted else ():
            with suppress(ShellError):
                self.session.request(words, _LEAVE_S)

    def _ask(self, words: list[str]) -> CommandResult:
        session, name = self.session, words[0]
        runs = not session.held
        if name in ("hold", "step", "until"):
            session.held = True  # also after a restart meanwhile; `until` ends the hold
        if name == "auto":
            session.held = False
        timeout = self.timeout if name == "until" else SCAN_S if name == "net" else ANSWER_S
        try:
            value, items = session.request(words, timeout)
        except KeyboardInterrupt:  # a Thing that was running goes on
            session.held = session.held and not (runs and name == "until")
            raise
        except Gone as error:
            if name == "until":
                session.held = not runs
                session.tell(["auto" if runs else "hold"])
                raise ShellError("%s is not reached" % (words[1:] or ["a break"])[0]) from error
            raise
        if name in ("break", "clear"):
            session.breaks = list(value)
        return CommandResult(words, value, items, render.text(words, value, items))

    def _help(self, words: list[str]) -> CommandResult:
        if words[1:] and words[1] not in COMMANDS:
            raise ShellError(unknown(words[1]))
        text = help_on(words[1] if words[1:] else "")
        return CommandResult(words, text, [], text.rstrip("\n"))

    def _graph(self, words: list[str]) -> CommandResult:
        state = self.session.request(["state"])[0]["state"]
        kind, file = (words[1:] + ["", ""])[:2]
        if not kind:
            return CommandResult(words, state, [], graph.terminal(state, self.color))
        if kind != "--mermaid":
            raise ShellError("say: %s" % COMMANDS["graph"].usage)
        picture = mermaid(state)
        if not file:
            return CommandResult(words, picture, [], picture.rstrip("\n"))
        _write(Path(file), picture.encode())
        return CommandResult(words, file, [], "%s: the lifecycle, %s marked" % (file, state))

    def _cat(self, words: list[str]) -> CommandResult:
        value, items = self.session.request(words)
        content = b"".join(base64.b64decode(item) for item in items)
        try:
            shown = content.decode()
        except UnicodeError:
            shown = "%d bytes that are no text" % value["size"]
        plain = printable(shown.replace("\n", "\0")).replace("\\x00", "\n")
        return CommandResult(words, shown, [], plain.rstrip("\n"))

    def _put(self, words: list[str]) -> CommandResult:
        if len(words) not in (2, 3):
            raise ShellError("say: %s" % COMMANDS["put"].usage)
        local = Path(words[1]).expanduser()
        try:
            content = inputs.data(local, _MOST)
        except OSError as error:
            raise ShellError("%s: %s" % (local, error.strerror)) from None
        name = words[2] if words[2:] else local.name
        for at in range(0, max(1, len(content)), _PIECE):
            piece = base64.b64encode(content[at : at + _PIECE]).decode()
            self.session.request(["put", name, str(at), piece])
        value, _ = self.session.request(["put", name, "=", checksum(content)])
        return CommandResult(words, value, [], "%s: %d bytes" % (name, value["size"]))

    def _record(self, words: list[str]) -> CommandResult:
        session = self.session
        if not words[1:]:
            raise ShellError("say: %s" % COMMANDS["record"].usage)
        if self.recorder:
            session.on_start = session.on_note = None
            session.request(["record", "off"])
            self.recorder.close()
            count, self.recorder = self.recorder.count, None
            if words[1] == "off":
                return CommandResult(words, count, [], "%d lines are recorded" % count)
        if words[1] == "off":
            raise ShellError("there is no recording")
        self.recorder = Recorder(Path(words[1]).expanduser())
        session.on_note, session.on_start = self.recorder.note, self.recorder.start
        fresh = session.request(["hello"])[0]["fresh"]
        if fresh:
            self.recorder.start(lambda ask: session.request(ask)[0])
            return CommandResult(words, True, [], "recording to %s" % words[1])
        text = "recording to %s from its next start on - `reboot`" % words[1]
        return CommandResult(words, False, [], text)

    def _around(self, name: str) -> Any:
        found = getattr(self.session.connection, name, None)
        if found is None:
            raise ShellError("this Thing is not ours to do that to")
        return found

    def _sim(self, words: list[str]) -> CommandResult:
        typed = words[1:2] == ["type"]
        self._around("control")(" ".join(words[1:]) if typed else shlex.join(words[1:]))
        return CommandResult(words, None, [], "")

    def _inject(self, words: list[str]) -> CommandResult:
        if words[1:2] != ["brownout"]:
            return self._ask(words)
        self._around("power_cut")()
        return CommandResult(words, None, [], "the power was cut")

    def _repl(self, words: list[str]) -> CommandResult:
        repl = self._around("repl")
        self._to_prompt()
        with self.session.paused():
            repl()
        return CommandResult(words, None, [], "")

    def _sync(self, words: list[str]) -> CommandResult:
        if len(words) != 2:
            raise ShellError("say: %s" % COMMANDS["sync"].usage)
        sync = self._around("sync")
        self._to_prompt()
        with self.session.paused():
            changed = sync(Path(words[1]).expanduser())
        text = "\n".join(changed) + "\n%d files changed" % len(changed)
        return CommandResult(words, changed, [], text.lstrip("\n"))

    def _to_prompt(self) -> None:
        """Ask a greeted Thing for the prompt, as a board with a password ignores Ctrl-C.

        An error is ignored: an older OS does not know the request.
        """
        if self.session.greeted:
            with suppress(ShellError):
                self.session.request(["prompt"], _LEAVE_S)


def _write(path: Path, data: bytes) -> None:
    try:
        path.expanduser().write_bytes(data)
    except OSError as error:
        raise ShellError("%s: %s" % (path, error.strerror)) from None
