"""A terminal that a test types into and looks at: tmux without the user's configuration."""

from __future__ import annotations

import os
import shutil
import subprocess
import termios
import time
from contextlib import suppress
from pathlib import Path
from typing import Callable

from tests.patience import PATIENCE_S

_LOOK_S = 0.05
_LOOK = os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC


def installed() -> bool:
    """Tell whether tmux is installed."""
    return shutil.which("tmux") is not None


class Terminal:
    """One command that runs in a terminal of its own."""

    def __init__(self, command: str, folder: Path, cwd: Path) -> None:
        self._socket = folder / "tmux"
        environment = {**os.environ, "TERM": "xterm", "NO_COLOR": "1", "HOME": str(folder)}
        environment.pop("TMUX", None)
        self._tmux(
            *("-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "50"),
            *("-c", str(cwd), command),
            environment=environment,
        )

    def type(self, text: str, *keys: str) -> None:
        """Type letters, then keys by their names in tmux: Enter, Tab, C-d."""
        if text:
            self._tmux("send-keys", "-l", text)
        for key in keys:
            self._tmux("send-keys", key)

    def screen(self) -> str:
        """Return the visible text and the last 500 lines that have scrolled away."""
        return self._tmux("capture-pane", "-p", "-S", "-500")

    def shows(self, what: str, look: Callable[[str], bool] | None = None) -> str:
        """Return the screen, once it shows a text (or once `look` accepts it)."""
        until = time.monotonic() + PATIENCE_S
        while True:
            screen = self.screen()
            if look(screen) if look else what in screen:
                return screen
            assert time.monotonic() < until, "%s is not to be seen:\n%s" % (what, screen)
            time.sleep(_LOOK_S)

    def edits(self) -> bool:
        """Tell whether a line editor reads the keys, Ctrl-C too. The screen is no sign of it: a
        prompt may be that of the line before, and a line may be done before its editor is."""
        tty = os.open(self._tmux("display-message", "-p", "#{pane_tty}").strip(), _LOOK)
        try:
            return not termios.tcgetattr(tty)[3] & termios.ISIG
        finally:
            os.close(tty)

    def ready(self, *prompts: str) -> str:
        """Return the screen, once the line editor waits: earlier keys would not reach it."""

        def look(seen: str) -> bool:
            lines = [line.rstrip() for line in seen.splitlines() if line.strip()]
            shown = any(prompt in lines[-2:] for prompt in prompts)  # a status line may be below
            return shown and self.edits()

        return self.shows(" or ".join(prompts), look)

    def ended(self) -> bool:
        """Wait for the command to end; return whether it did in time."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                self._tmux("has-session")
            except subprocess.CalledProcessError:
                return True
            time.sleep(_LOOK_S)
        return False

    def close(self) -> None:
        """End the terminal with its command, even if the command still runs."""
        with suppress(subprocess.CalledProcessError):  # ended already
            self._tmux("kill-server")

    def _tmux(self, *arguments: str, environment: dict[str, str] | None = None) -> str:
        return subprocess.run(
            ["tmux", "-S", str(self._socket), *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE_S,
        ).stdout
