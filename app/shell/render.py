"""Answers of a Thing as text for users."""

from __future__ import annotations

import json
from typing import Any

from adapters.linux.console import printable
from app.shell import grants
from app.shell.errors import ShellError


def text(words: list[str], value: Any, items: list[Any]) -> str:
    """Format the answer to a command, or return an empty text if there is nothing to show."""
    name = words[0]
    if name == "trace":
        return "\n".join(_transition(item) for item in items) or "nothing has happened yet"
    if name == "net" and words[1:2] == ["scan"]:
        return "\n".join(printable(_network(*item)) for item in items) or "no network is in reach"
    if name == "modem":
        return "\n".join(printable(line) for line in items)
    if name == "state":
        return _state(value)
    if name == "trust":
        return grants.shown(value)
    if name == "mem" or (isinstance(value, list) and not value):
        return "%d of %d bytes free" % tuple(value) if name == "mem" else "none"
    if name in ("fire", "until", "step"):
        return moved(value)
    if isinstance(value, dict):
        return "\n".join("%-20s %s" % (key, _value(value[key])) for key in sorted(value))
    if isinstance(value, list):
        return "  ".join(_value(item) for item in value)
    return "" if value is None else _value(value)


def moved(value: dict[str, Any]) -> str:
    """Format a transition, or say that the state is unchanged."""
    if not value.get("event"):
        return "still in %s" % value["state"]
    why = " (%s)" % printable(value["why"]) if value.get("why") else ""
    start = "%s " % value["old"] if "old" in value else ""
    return "%s--%s--> %s%s" % (start, value["event"], value["state"], why)


def legal(error: ShellError) -> str:
    """Return a line with the legal events if the error carries them, else an empty text."""
    events = getattr(error, "answer", {}).get("legal")
    if not isinstance(events, list) or not events:
        return ""
    return "\nlegal now: %s" % printable(", ".join(map(str, events)))


def status(value: dict[str, Any]) -> str:
    """Format the status line: state, link, session, app, memory, uptime, faults."""
    free, total = value["memory"]
    return " | ".join(
        [
            value["state"] + (" HELD" if value["held"] else ""),
            "link" if value["link"] else "no link",
            "session" if value["session"] else "no session",
            "app %s" % (printable(value["app"]) or "none"),
            "%s of %s free" % (_size(free), _size(total)),
            "up %s" % _duration(value["uptime_ms"] // 1000),
            *("FAULT %s" % fault for fault in value["faults"]),
        ]
    )


def _state(value: dict[str, Any]) -> str:
    lines = [status(value)]
    if value["queue"]:
        lines.append("%d readings wait" % value["queue"])
    if value["trouble"]:
        lines.append("last trouble: %s" % printable(value["trouble"]))
    for part, (word, text) in value.get("status", {}).items():  # an older OS reports none
        ago = _duration((value["uptime_ms"] - value["since"][part]) // 1000)
        lines.append("%-10s %s for %s%s" % (part, word, ago, text and ": " + printable(text)))
    return "\n".join(lines)


def _network(name: str, rssi: int, closed: bool) -> str:
    """Format a Wi-Fi network, or a mobile one, which has no signal strength (0)."""
    if rssi:
        return "%4d dBm  %s%s" % (rssi, name, "" if closed else " (open)")
    return "  mobile  %s%s" % (name, " (not for this SIM)" if closed else "")


def _transition(entry: list[Any]) -> str:
    ms, old, event, new, why = entry
    return "%10.3f  %s" % (
        ms / 1000,
        moved({"old": old, "event": event, "state": new, "why": why}),
    )


def _value(value: Any) -> str:
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return printable(shown)


def _size(count: int) -> str:
    return "%d B" % count if count < 10240 else "%d KiB" % (count // 1024)


def _duration(seconds: int) -> str:
    return "%d:%02d:%02d" % (seconds // 3600, seconds // 60 % 60, seconds % 60)
