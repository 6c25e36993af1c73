"""Virtual Things: simulated boards that run on this machine while the console does."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from app.demo.processes import Child

KINDS = {
    "esp32": "ESP32",
    "esp8266": "ESP8266",
    "esp32_sim800": "ESP32 with a SIM800 modem",
    "esp8266_sim800": "ESP8266 with a SIM800 modem",
}
MOST = 10  # at a time: each is two processes


class TooMany(Exception):
    """The limit of virtual boards is reached."""


class Boards:
    """The virtual boards, as processes that end with the console. `folder` has their files.

    `key`: the public key of the cloud, to which an ESP8266 always encrypts.
    """

    def __init__(self, folder: Path, backend: str, key: str) -> None:
        self._folder = folder
        self._backend = backend
        self._key = key
        self._running: dict[str, Child] = {}

    def start(self, kind: str, aid: str, script: str = "") -> str:
        """Start a board of an app; `script` wires parts to it. Return its TID."""
        if kind not in KINDS:
            raise ValueError(kind)
        self._forget()
        if len(self._running) >= MOST:
            raise TooMany(f"There are {MOST} virtual boards already; stop one first.")
        tid = f"virtual-{kind.replace('_', '-')}-{secrets.token_hex(2)}"
        root = self._folder / tid
        root.mkdir(parents=True, mode=0o700)
        arguments = ["sim", kind, "--root", str(root), "--aid", aid, "--tid", tid]
        arguments += ["--backend", self._backend]
        if kind.startswith("esp8266"):
            arguments += ["--cloud-key", self._key]
        if script:
            (root / "wiring").write_text(script, encoding="utf-8")
            arguments += ["--script", str(root / "wiring")]
        self._running[tid] = Child(arguments)
        return tid

    def runs(self, tid: str) -> bool:
        """Tell whether a board of that id runs here."""
        child = self._running.get(tid)
        return child is not None and not child.ended

    def control(self, tid: str, line: str) -> None:
        """Send a line of `pythings sim` to the board's simulated hardware."""
        if self.runs(tid) and re.fullmatch(r"[^\r\n]{1,200}", line):
            with (self._folder / tid / "control").open("w", encoding="utf-8") as control:
                control.write(line + "\n")

    def words(self, tid: str) -> str:
        """Return a board's last output, for an error message."""
        child = self._running.get(tid)
        return child.last_words() if child else ""

    def stop(self, tid: str) -> None:
        """Stop a board, as if its power were cut."""
        child = self._running.pop(tid, None)
        if child is not None:
            child.stop()

    def close(self) -> None:
        """Stop all boards."""
        for tid in list(self._running):
            self.stop(tid)

    def _forget(self) -> None:
        self._running = {tid: child for tid, child in self._running.items() if not child.ended}
