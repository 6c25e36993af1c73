"""The debug shell's commands that only look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.health import journal as journals
from domain.readings.refused import kept
from domain.settings import settings
from domain.settings.parameters import TRUST

if TYPE_CHECKING:
    from adapters.debug.shell import Shell

_LEVELS = ("debug", "info", "warning", "error")


def look(shell: Shell, words: list[str]) -> Any:
    """Answer a command that only looks; return JSON."""
    name, thing = words[0], shell.thing
    journal = thing.journal
    if name == "state":
        return _state(shell)
    if name == "events":
        return shell.runner.machine.events()
    if name == "trace":
        return _trace(shell, words)
    if name == "settings":
        return {name: getattr(thing.settings, name) for name in settings.NAMES}
    if name == "slots":
        return {kind: _slot(getattr(journal, kind)) for kind in journals.KINDS}
    if name in ("journal", "trust"):
        return _journal(journal) if name == "journal" else _trust(thing)
    if name == "queue":
        return _queue(thing.queue)
    if name == "mem":
        return thing.system.memory()
    if name == "breaks":
        return shell.breaks
    return _log(thing.console, words)


def _state(shell: Shell) -> Any:
    thing = shell.thing
    return {
        "state": shell.runner.machine.state,
        "held": shell.held,
        "link": thing.linked,
        "session": thing.cloud.in_session(),
        "app": thing.journal.app.version,
        "queue": thing.queue.waiting(),
        "memory": thing.system.memory(),
        "uptime_ms": shell.clock.monotonic(),
        "epoch": shell.clock.epoch(),
        "trouble": thing.trouble.text if thing.trouble else "",
        "status": thing.status.now,
        "since": thing.status.since,
        "faults": shell.faults,
    }


def _trace(shell: Shell, words: list[str]) -> Any:
    for entry in shell.trace[-int(words[1]) :] if len(words) > 1 else shell.trace:
        shell.item(entry)


def _journal(journal: Any) -> Any:
    return {
        "number": journal.number,
        "starts": journal.starts,
        "app_faults": journal.app_faults,
        "tries": journal.tries,
        "without_app": journal.without_app,
        "notes": journal.notes,
    }


def _trust(thing: Any) -> Any:
    return {
        "apps": thing.parameters.apps,
        "commands": thing.parameters.commands,
        "key_list": TRUST in thing.storage.names(),
        "number_os": thing.journal.number_os,
        "number_app": thing.journal.number_app,
    }


def _queue(queue: Any) -> Any:
    return {
        "waiting": queue.waiting(),
        "fresh": len(queue.fresh),
        "lost": queue.lost,
        "segments": queue.segments,
        "head": queue.head(),
        "refused": kept(queue.storage),
    }


def _slot(slot: Any) -> Any:
    return {
        "place": slot.place,
        "version": slot.version,
        "previous": slot.previous,
        "trial": ("no", "fresh", "tried")[slot.trial],
        "rejected": slot.rejected,
    }


def _log(console: Any, words: list[str]) -> Any:
    """Return the log level, after setting it if one is given."""
    if len(words) > 1:
        if words[1] not in _LEVELS:
            raise ValueError("there is no level %s, but %s" % (words[1], ", ".join(_LEVELS)))
        console.level = 10 + 10 * _LEVELS.index(words[1])
    return {"level": _LEVELS[console.level // 10 - 1]}
