"""The debug wire: lines on a console that log lines, noise and half lines may come between.

    request  MARK sum SP id SP ["command", "argument", ...]
    answer   MARK sum SP id SP kind SP number SP value

`sum` is the checksum of all that follows its space, 8 hex digits; `value` is JSON. Kinds: `+` an
item, of which there may be more; `.` done; `!` refused. `number` counts the items before, so that
a lost one is noticed. The ids `-` and `=` stand before what nobody asked for: that the Thing was
stopped by a break, and the recording, whose items are numbered from its begin.

A line that is not whole is no line: whoever asked asks again under the same id, and is answered
again without another effect.
"""

from __future__ import annotations

import json

from domain.checksum import checksum

MARK = "\x02"
NEWS = "-"  # the id of what nobody asked for
NOTE = "="  # the id of the recording
ITEM = "+"
DONE = "."
REFUSED = "!"
MAX_REQUEST = 250  # characters behind the checksum: what every console takes as one line


def seal(text: str) -> str:
    """The line that carries `text`."""
    return "%s%s %s" % (MARK, checksum(text.encode()), text)


def unseal(line: str) -> str | None:
    """The text that a line carries, whatever noise is before it; None if it is not whole."""
    at = line.rfind(MARK)
    if at < 0:
        return None
    text = line[at + 10 :]
    return text if seal(text) == line[at:] else None


def request(line: str) -> tuple[str, list[str]] | None:
    """The (id, words) that a line asks for, or None: it comes from anybody."""
    text = unseal(line)
    if not text or len(text) > MAX_REQUEST:
        return None
    at = text.find(" ")
    ident = text[: at if at >= 0 else len(text)]
    try:
        words = json.loads(text[len(ident) :])
        "".join(words).encode()  # they are texts, and of whole characters
    except (ValueError, TypeError, RuntimeError):
        return None
    return (ident, words) if isinstance(words, list) and words else None
