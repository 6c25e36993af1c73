"""The rights of the party that controls a Thing's cloud: the table of docs/security.md."""

from __future__ import annotations

from typing import Any

from adapters.linux.console import printable

_SAFE = "yes, if encrypted or verified (11)"
_USUAL = "the same, but with a key list only if verified (11)"

HEAD = (
    "`apps`",
    "`commands`",
    "an app of the cloud's own",
    "Python of the cloud's own",
    "the shell's changes from afar",
)
GRANTS = (
    ("", "off", "yes", "no", "no"),
    ("", "signed", "yes", "no", "no"),
    ("", "on", "yes", _SAFE, "no"),
    ("", "", "yes", _USUAL, "no"),
    ("", "all", "yes", _SAFE, "yes"),
    ("signed", "off", "no", "no", "no"),
    ("signed", "signed", "no", "no", "no"),
    ("signed", "", "no", "no", "no"),
    ("signed", "on", "no", _SAFE, "no"),
    ("signed", "all", "no", _SAFE, "yes"),
)


def rows() -> list[list[str]]:
    """Return the rows of the table in Markdown, as in the documentation."""
    return [[("`%s`" % one if one else "") for one in row[:2]] + list(row[2:]) for row in GRANTS]


def shown(value: dict[str, Any]) -> str:
    """Format the answer to `trust`: the table, its row in force marked, then keys and limits."""
    table = [[""] + [head.strip("`") for head in HEAD]]
    for row in GRANTS:
        in_force = row[:2] == (value.get("apps"), value.get("commands"))
        table.append([">" if in_force else "", *(row[0] or "-", row[1] or "-"), *row[2:]])
    widths = [max(len(line[at]) for line in table) for at in range(len(table[0]))]
    lines = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in table]
    keys = "signed by its key list" if value.get("key_list") else "never: it has no key list"
    lines.append("an OS: %s" % keys)
    for kind in ("os", "app"):
        number = value.get("number_" + kind)
        lines.append("no %s whose number is below %s" % (kind, printable(str(number))))
    return "\n".join(lines)
