"""The debug shell's commands that control the Thing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from adapters.debug.shell import LATER
from adapters.debug.wire import DONE, REFUSED
from domain.errors import DeviceError
from domain.health import journal as journals
from domain.health.slots import roll_back
from domain.lifecycle import BOOT, EVENTS, FAULT, RUN, SETUP, SETUP_WANTED, STATES, UPDATE_WANTED
from domain.settings.update_policy import app_wanted, settings_wanted

if TYPE_CHECKING:
    from adapters.debug.shell import Shell


def drive(shell: Shell, words: list[str]) -> Any:
    """Execute a command; return JSON, or LATER."""
    name = words[0]
    if name in ("auto", "hold", "step", "until") and shell.until:
        (ident, _), shell.until = shell.until, None
        shell.reply(ident, REFUSED, {"code": "interrupted", "text": "told otherwise"})
    does = {
        "auto": _auto,
        "hold": _auto,
        "step": _step,
        "until": _until,
        "break": _break,
        "clear": _break,
        "fire": _fire_by_hand,
        "app": _app,
        "update": _update,
        "reboot": _reboot,
        "setup": _setup,
        "prompt": _prompt,
    }
    if name not in does:
        raise DeviceError("unknown", "there is no command %s on this board" % name)
    return does[name](shell, words)


def _auto(shell: Shell, words: list[str]) -> Any:
    shell.hold()
    shell.held = words[0] == "hold"
    return {"held": shell.held, "state": shell.runner.machine.state}


def _step(shell: Shell, _words: list[str]) -> Any:
    shell.hold()
    shell.quiet = False
    event = shell.step()
    return {"event": event, "state": shell.runner.machine.state}


def _reboot(shell: Shell, _words: list[str]) -> Any:
    shell.answered = shell.reply(shell.ident, DONE, None)
    shell.thing.system.restart()
    return LATER


def _prompt(shell: Shell, _words: list[str]) -> Any:
    """Raise KeyboardInterrupt after the answer: Ctrl-C is not heard where the shell wants a
    password."""
    shell.answered = shell.reply(shell.ident, DONE, None)
    raise KeyboardInterrupt


def _known(name: str) -> str:
    if name not in STATES and name not in EVENTS:
        raise ValueError("%s is neither a state nor an event" % name)
    return name


def _until(shell: Shell, words: list[str]) -> Any:
    """Run until a state or an event; without a name, until the next break."""
    state = shell.runner.machine.state
    if words[1:] and _known(words[1]) == state:
        shell.hold()
        return {"old": state, "event": None, "state": state, "why": "", "break": False}
    if not words[1:] and not shell.breaks:
        raise ValueError("there is no break to wait for")
    shell.until = (shell.ident, words[1] if words[1:] else "")
    shell.held = False
    return LATER


def _break(shell: Shell, words: list[str]) -> Any:
    clear = words[0] == "clear"
    for word in words[1:]:
        if clear and word in shell.breaks:
            shell.breaks.remove(word)
        elif not clear and _known(word) not in shell.breaks:
            shell.breaks.append(word)
    if clear and not words[1:]:
        shell.breaks = []
    return shell.breaks


def _fire_by_hand(shell: Shell, words: list[str]) -> Any:
    return _fire(shell, words[1])


def _fire(shell: Shell, event: str) -> Any:
    before = shell.runner.machine.state
    shell.runner.fire(event)
    shell.moved(before, event, "by hand")
    return {"old": before, "event": event, "state": shell.runner.machine.state}


def _app(shell: Shell, words: list[str]) -> Any:
    """Execute `app call worker|management [JSON]`; the result goes to the shell alone."""
    thing, task = shell.thing, words[2]
    if words[1] != "call" or task not in ("worker", "management"):
        raise ValueError("say: app call worker, or: app call management [JSON]")
    if not (thing.app and thing.app.usable()):
        raise DeviceError("no_app", "no app is running here")
    data = json.loads(words[3]) if len(words) > 3 else None
    return thing.apps.call(task, data, thing.parameters.app_timeout * 1000)


def _update(shell: Shell, words: list[str]) -> Any:
    thing, machine, what = shell.thing, shell.runner.machine, words[1]
    if what == "rollback":
        return _roll_back(shell, words[2] if len(words) > 2 else "app")
    if what not in ("check", "apply"):
        raise ValueError("say: update check, update apply, or: update rollback [app|settings]")
    if machine.state != RUN:
        raise DeviceError("state", "only in run, not in %s" % machine.state)
    if what == "check":
        case: Any = shell.runner.case
        if case is not None:  # else its first action is to ask
            case.management_due = shell.clock.monotonic()
        return {"app": thing.journal.app.version, "next": "its next step asks the cloud"}
    wanted, now = thing.wanted or thing.settings, shell.clock.monotonic()
    if not (settings_wanted(thing, wanted, now) or app_wanted(thing, wanted, now)):
        raise DeviceError("nothing", "nothing is known to be wanted - say `update check` first")
    return _fire(shell, UPDATE_WANTED)


def _roll_back(shell: Shell, kind: str) -> Any:
    thing = shell.thing
    if kind not in journals.KINDS:
        raise ValueError("there are slots for: %s" % ", ".join(journals.KINDS))
    slot = getattr(thing.journal, kind)
    if not slot.previous:
        raise DeviceError("nothing", "no version of the %s is there to go back to" % kind)
    setattr(thing.journal, kind, roll_back(slot))
    thing.save_journal()
    return {"version": slot.previous, "rejected": slot.version, "next": "reboot to use it"}


def _setup(shell: Shell, _words: list[str]) -> Any:
    """Enter setup by legal events only: a fault leads back to boot, and boot to setup."""
    if not shell.thing.portal.offered():
        raise DeviceError("no_portal", "this board has no setup portal")
    if shell.runner.machine.state == SETUP:
        return {"state": SETUP}
    while shell.runner.machine.state != BOOT:
        _fire(shell, FAULT)
    return _fire(shell, SETUP_WANTED)
