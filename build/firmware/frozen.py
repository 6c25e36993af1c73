"""The files that freeze the OS into a MicroPython built from source."""

from __future__ import annotations

_MANIFEST = """\
# Freezes PythingsOS into MicroPython for the board {board}:
#
#   make -C ports/PORT FROZEN_MANIFEST=/absolute/path/of/this/manifest.py
#
include("{base}")
freeze(
    "modules",
    (
{names}    ),
    opt=3,
)
"""


def files(board: str, base: str, sources: dict[str, str]) -> dict[str, bytes]:
    """Return the manifest, and the modules that it names, by path."""
    names = "".join('        "%s.py",\n' % name for name in sorted(sources))
    made = {"modules/%s.py" % name: text.encode() for name, text in sources.items()}
    made["manifest.py"] = _MANIFEST.format(board=board, base=base, names=names).encode()
    return made
