"""The command of the single file `.pyz`: a Thing, without the tools of a host."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

from app.place import SOURCE

MADE_FOR = "pythings-made-for"  # the file beside our package that says for which machine it is

_COMMANDS = ("run",)
_WRONG_USAGE = 2


def this_machine() -> str:
    """Return the Python and the processor: packages that are compiled run on no other."""
    return "%s %s" % (sys.implementation.cache_tag, platform.machine())


def main() -> int:
    """Run the command of the process's arguments; return its exit status."""
    words = sys.argv[1:]
    made_for = (Path(SOURCE).parent / MADE_FOR).read_text(encoding="ascii").strip()
    if made_for != this_machine():
        text = "this file is for %s, and here is %s - take the one for that, or the wheel"
        return _end(text % (made_for, this_machine()))
    if words and not words[0].startswith("-") and words[0] not in _COMMANDS:
        return _end("this file has the command run alone - the wheel and a checkout have all")
    from app import cli

    return cli.main(words)


def _end(text: str) -> int:
    sys.stderr.write("pythings: %s\n" % text)
    return _WRONG_USAGE
