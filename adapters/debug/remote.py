"""The debug shell's commands that the cloud may send, as `:state`: those that look, some that
change.

None that holds the Thing, moves it or replaces its files: from afar the owner could not undo that.
docs/security.md, 13.
"""

from __future__ import annotations

import binascii
import json
from typing import TYPE_CHECKING, Any

from adapters.debug.commands import command
from domain.app.app import keep_readings
from domain.errors import DeviceError, ThingError
from domain.lifecycle import BOOTED, LINKED, REGISTERED
from domain.machine import Machine

if TYPE_CHECKING:
    from domain.thing import Thing

MAX_ANSWER = 1024  # characters: the cloud takes more, but a small board has no memory for it
_PIECE = 480  # bytes of a file in one answer: all of them may have to be escaped
_LOOK = "state events trace settings slots journal queue trust mem params get ls cat"
_CHANGE = "set net log app update reboot"
# They decide how the Thing is reached, and from which senders it takes commands and apps.
_REACHED = "aid tid backend wifi apn cloud_key commands apps"


def remote(thing: Thing, mid: str, source: str, commands: str) -> str:
    """Return the answer to `:command argument ...` as JSON text. Raises nothing. `commands`: the
    parameter, which says which are allowed."""
    words = source[1:].split(None, 3)
    if words[:1] == ["set"]:
        words = source[1:].split(None, 2)  # a value may have blanks in it
    try:
        _check(words, commands)
        if words[0] == "reboot":
            return _reboot(thing, mid)
        return _cut(_answer(thing, words))
    except ThingError as error:
        text = error.text
    except Exception as error:  # noqa: BLE001 - no memory, or our own bug: the Thing goes on
        text = "it failed: %r" % (error,)
    return json.dumps({"refused": text})


def _check(words: list[str], commands: str) -> None:
    name = words[0] if words else ""
    text = ""
    if name in _CHANGE.split():
        if commands not in ("all", "signed"):
            text = "%s is for a Thing whose parameter commands is `all`" % name
        elif name == "set" and words[1:] and words[1] in _REACHED.split():
            text = "%s is set at the Thing only: a wrong one would cut it off" % words[1]
        elif name == "update" and words[1:2] != ["rollback"]:
            text = "the Thing asks by itself - say: update rollback [app|settings]"
    elif name not in _LOOK.split():
        text = "there is no :%s from afar, but %s; and with commands=all %s" % (
            name,
            _LOOK,
            _CHANGE,
        )
    if text:
        raise DeviceError("refused", text)


def _answer(thing: Thing, words: list[str]) -> Any:
    shell: Any = _Stand(thing)
    value = command(shell, words)
    name = words[0]
    if name == "cat":
        at = int(words[2]) if words[2:] else 0
        data = b"".join([binascii.a2b_base64(item) for item in shell.items])
        value["from"] = at
        try:
            value["text"] = data[at : at + _PIECE].decode()
        except UnicodeError:
            value["base64"] = binascii.b2a_base64(data[at : at + _PIECE]).decode().strip()
    elif name == "trace":
        if not shell.trace:
            raise DeviceError("no_trace", "no trace is kept here before a debug shell is attached")
        value = shell.items[::-1]  # the newest first: the others may be cut
    return shell.items if value is None else value


class _Stand:
    """A substitute for `adapters.debug.shell.Shell`, with the trace and state of that if there is
    one."""

    def __init__(self, thing: Thing) -> None:
        self.thing = thing
        self.clock = thing.clock
        self.runner: Any = self
        self.held = self.quiet = False
        self.trace: list[Any] = []
        self.faults: list[str] = []
        self.items: list[Any] = []
        shell = thing.shell
        if shell is None:
            self.machine = Machine()
            for event in (BOOTED, LINKED, REGISTERED):  # to where messages are handled
                self.machine.fire(event)
            return
        self.runner, self.held = shell.runner, shell.held
        self.trace, self.faults = shell.trace, shell.faults

    def item(self, value: Any) -> None:
        """Add a part of the answer."""
        self.items.append(value)

    def record(self, *_what: Any) -> None:
        """Record nothing: the recording has the message."""


def _cut(value: Any) -> str:
    """Return JSON text that is not too long: of a list the first items, of all else the
    beginning."""
    if isinstance(value, (list, tuple)):
        size = 20
        for at in range(len(value)):
            size += len(json.dumps(value[at])) + 2
            if size > MAX_ANSWER:
                value = list(value[:at]) + ["and %d more" % (len(value) - at)]
                break
    text = json.dumps(value)
    if len(text) > MAX_ANSWER:
        return json.dumps({"begins": text[: MAX_ANSWER // 2 - 30], "length": len(text)})
    return text


def _reboot(thing: Thing, mid: str) -> str:
    """Answer, then restart. Refused in a trial, which it would end with a rollback."""
    journal = thing.journal
    if journal.settings.trial or journal.app.trial or journal.os.trial:
        raise DeviceError("trial", "what is on trial would be taken back - say it once more")
    answer = json.dumps("it starts again")
    thing.cloud.reply(mid, answer)
    keep_readings(thing)
    thing.save_journal()
    thing.system.restart()
    return answer
