"""A command signed by its owner."""

from __future__ import annotations

from build.release.commandsign import command
from tests.fakes.signers import signer

NOW = 1_700_000_000
SOURCE = "print('a & b')"


def signed(source=SOURCE, number=5, tid="T-1", expires=NOW + 60, by=("app",)):
    return command(tid, number, expires, source, [signer(name) for name in by])
