"""Signatures of commands for one Thing, as `domain/app/signed_command.py` verifies them."""

from __future__ import annotations

import json

from build.release.signing import ReleaseError, Signer
from build.release.texts import KeyList
from domain.app.signed_command import KIND, SIGN
from domain.settings.parameters import MAX_TID

MOST = 4096  # characters of JSON: encrypted they are three times as many, and a board takes 16 KiB


def role(keys: KeyList) -> str:
    """Return the role of the keys that sign commands, as `domain.app.signed_command.role` does."""
    return "app" if keys.keys.get("app") else "release"


def command(tid: str, number: int, expires: int, source: str, signers: list[Signer]) -> str:
    """Return the signed command, ready to send.

    Raise `ReleaseError` for a text or an id that a Thing would refuse.
    """
    if not 0 < len(tid) <= MAX_TID or not all("!" <= char <= "~" for char in tid):
        raise ReleaseError("%r is no id of a Thing" % tid)
    source = source.replace("\r\n", "\n").strip()
    if not source:
        raise ReleaseError("there is no command to sign")
    if any(line.encode().startswith(SIGN) for line in source.split("\n")):
        raise ReleaseError("a line begins with `# sign`, as a signature does - change it")
    text = "%s %d %d %s\n%s\n" % (KIND, number, expires, tid, source)
    made = text.encode() + b"".join(b"# " + one.sign(text.encode()) for one in signers)
    found = made.decode()
    if len(json.dumps(found)) > MOST:
        raise ReleaseError("it is too long for a Thing with little memory - an app may be longer")
    return found
