"""The files that answer the debug shell's commands; each is loaded on demand, and dropped again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.errors import DeviceError

if TYPE_CHECKING:
    from adapters.debug.shell import Shell

_LOOK = "state events trace settings slots journal queue mem log breaks trust"
_KEEP = "params get set ls cat put rm net modem"
_TAP = "inject record"
# The secrets in commands: the word at a `*` and all behind it; `_` matches any word.
_SECRETS = ("net join _ *", "set wifi *", "put _ _ *", "modem *")
_HIDDEN = "********"  # as long as a password must be: a replay does the same with it


def command(shell: Shell, words: list[str]) -> Any:
    """Execute a command; return JSON, or LATER."""
    name = words[0]
    if name in _LOOK.split():
        from adapters.debug.inspect import look

        shell.quiet = True
        answer = look
    elif name in _KEEP.split():
        from adapters.debug.config import keep

        shell.quiet = name != "set" and words[1:2] != ["join"]
        answer = keep
    elif name in _TAP.split():
        try:  # a board may be built without it
            from adapters.debug.port_recorder import inject

            answer = inject
        except ImportError:
            raise DeviceError("left_out", "this board has no " + name) from None
    else:
        from adapters.debug.control import drive

        shell.quiet = name in ("step", "until", "auto", "hold", "break", "clear")
        answer = drive
    shell.record("command", shown(words))
    try:
        return answer(shell, words)
    except (IndexError, ValueError, UnicodeError) as error:
        text = str(error) if isinstance(error, ValueError) else "an argument is missing"
        raise DeviceError("usage", "%s: %s" % (name, text)) from None
    finally:
        shell.quiet = False


def shown(words: list[str]) -> list[str]:
    """Return a command without its secrets, for a recording, a transcript, a list of messages."""
    for secret in _SECRETS:
        marks = secret.split()
        at = len(marks) - 1
        if words[at:] and all(marks[n] in ("_", words[n]) for n in range(at)):
            return words[:at] + [_HIDDEN] * (len(words) - at)
    return words


def shown_remote(source: Any) -> Any:
    """Return a command from afar, `:command ...`, signed or not, without its secrets; return all
    else as it is."""
    if isinstance(source, str):
        at = source.find("\n") + 1 if source[:1] == "#" else 0
        words = source[at + 1 :].split()
        hidden = shown(words)
        if source[at : at + 1] == ":" and hidden != words:
            return source[: at + 1] + " ".join(hidden)
    return source
