"""The shell's commands: usage, help, and the arguments to complete."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from adapters.debug.port_recorder import FAULTS
from domain.lifecycle import EVENTS, STATES
from domain.settings.parameters import NAMES


@dataclass(frozen=True)
class Command:
    """A command. `words`: possible arguments; `kind`: arguments that are looked up: a legal
    `event`, a `file` of the Thing, a `local` file of this machine."""

    usage: str
    help: str
    words: tuple[str, ...] = ()
    kind: str = ""

    @property
    def name(self) -> str:
        """The command's name: the first word of its usage."""
        return self.usage.split()[0]


_PLACES = (*STATES, *EVENTS)
_INJECT = (*FAULTS, "heal", "corrupt", "clock", "brownout")
_SIM = ("wifi", "network", "forget", "password", "delay", "watchdog", "pin", "uart", "reset")

_ALL = (
    Command("state", "what the Thing is doing"),
    Command("events", "what is legal now"),
    Command("fire EVENT", "make it happen; what is illegal is refused", kind="event"),
    Command("step", "hold, and run the current use case once"),
    Command("until [STATE|EVENT]", "let it run until there, or until the next break", _PLACES),
    Command("auto", "let it run"),
    Command("hold", "hold the loop; ends by itself when nobody asks for 10 minutes"),
    Command("break [STATE|EVENT ...]", "hold there each time; alone: list them", _PLACES),
    Command("clear [STATE|EVENT ...]", "no break there any more, or none at all", _PLACES),
    Command("trace [COUNT]", "the last transitions: when, from where, by what, why"),
    Command(
        "graph [--mermaid [FILE]]",
        "the lifecycle, and where the Thing is",
        ("--mermaid",),
        "local",
    ),
    Command("inject [FAULT]", "something goes wrong; alone: what does now", _INJECT, "file"),
    Command("params", "all parameters"),
    Command("get NAME", "one of them", NAMES),
    Command("set NAME VALUE", "change it for good; an empty value removes it", NAMES),
    Command("settings", "what the cloud wants of the Thing, as in force"),
    Command("slots", "which version of the app and settings runs, which was there before"),
    Command("trust", "whose code it takes, and who may send it commands"),
    Command("journal", "what it remembers of its health"),
    Command("queue", "readings that wait for the cloud"),
    Command("ls [FOLDER]", "its files", kind="file"),
    Command("cat FILE", "what is in one; secrets are masked", kind="file"),
    Command("put LOCAL [FILE]", "copy a file of this machine to it", kind="local"),
    Command("rm FILE", "remove one", kind="file"),
    Command("log [LEVEL]", "what it tells from now on", ("debug", "info", "warning", "error")),
    Command("mem", "free and total memory"),
    Command(
        "net scan | net join NAME [PASSWORD]",
        "the networks in reach (a modem takes a minute)",
        ("scan", "join"),
    ),
    Command("modem AT...", "say it to the modem: what it answers; no PINs, no secrets"),
    Command(
        "app call worker | app call management [JSON]",
        "call the app's task; its reading is not sent",
        ("call", "worker", "management"),
    ),
    Command(
        "update check | update apply | update rollback [app|settings]",
        "ask the cloud at once; fetch what it wants; go back to the version before",
        ("check", "apply", "rollback", "app", "settings"),
    ),
    Command("reboot", "start it again"),
    Command("setup", "offer the setup portal"),
    Command("record FILE | record off", "keep all that happens from its next start on", ("off",)),
    Command("sim COMMAND", "change what surrounds a simulated board", (*_SIM, "power")),
    Command("repl", "MicroPython's own prompt, on a serial port"),
    Command("sync FOLDER", "put changed files of a folder on a serial board, restart", (), "local"),
    Command("help [COMMAND]", "this list, or more about one"),
    Command("quit", "leave; the Thing goes on by itself, without faults"),
)

COMMANDS = {command.name: command for command in _ALL}


def unknown(name: str) -> str:
    """Return the message for an unknown command, with a similar command if there is one."""
    similar = difflib.get_close_matches(name, COMMANDS, n=1)
    hint = "did you mean %s?" % similar[0] if similar else "`help` lists them"
    return "there is no command %s - %s" % (name, hint)


def help_on(name: str) -> str:
    """Return the help on one command, or on all if there is no command of that name."""
    if name in COMMANDS:
        command = COMMANDS[name]
        text = "%s\n  %s\n" % (command.usage, command.help)
        return text + ("  %s\n" % " ".join(command.words) if command.words else "")
    lines = ["%-24s %s" % (name, COMMANDS[name].help) for name in COMMANDS]
    return "\n".join(lines) + "\n\nSeveral in one line: state; fire linked; state\n"
