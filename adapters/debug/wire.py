"""The debug wire: lines on a console, mixed with log lines, noise and half lines.

    request  MARK sum SP id SP ["command", "argument", ...]
    answer   MARK sum SP id SP kind SP number SP value

`sum` is the checksum of all that follows its space, 8 hex digits; `value` is JSON. Kinds: `+` an
item, of which there may be more; `.` done; `!` refused. `number` counts the items before, so that
a lost one is noticed. The ids `-` and `=` mark lines without a request: the news that a break has
stopped the Thing, and the recording, with its items numbered from the start.

A line that is not whole is ignored: the client repeats its request under the same id, and is
answered again without another effect.
"""

from __future__ import annotations

import json

from domain.checksum import checksum

MARK = "\x02"
NEWS = "-"  # the id of news without a request
NOTE = "="  # the id of the recording
ITEM = "+"
DONE = "."
REFUSED = "!"
MAX_REQUEST = 250  # characters behind the checksum: every console takes them as one line


def seal(text: str) -> str:
    """Return the line that carries `text`."""
    return "%s%s %s" % (MARK, checksum(text.encode()), text)


def unseal(line: str) -> str | None:
    """Return the text that a line carries, without any noise before it; None if it is not whole."""
    at = line.rfind(MARK)
    if at < 0:
        return None
    text = line[at + 10 :]
    return text if seal(text) == line[at:] else None


def request(line: str) -> tuple[str, list[str]] | None:
    """Parse a line into its (id, words), or None: it may come from any sender."""
    text = unseal(line)
    if not text or len(text) > MAX_REQUEST:
        return None
    at = text.find(" ")
    ident = text[: at if at >= 0 else len(text)]
    try:
        words = json.loads(text[len(ident) :])
        "".join(words).encode()  # texts, without lone surrogates
    except (ValueError, TypeError, RuntimeError):
        return None
    return (ident, words) if isinstance(words, list) and words else None
