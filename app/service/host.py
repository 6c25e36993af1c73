"""The machine's service manager, and the files that it reads."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from app.service.unit import DATA, ENVIRONMENT, NAME

_UNITS = "etc/systemd/system"


class ServiceError(Exception):
    """It cannot be done here; the text names the cause and the remedy."""


@dataclass(frozen=True)
class ServiceHost:
    """A machine. `root`: the top of its file system; `tools`: the folder of systemd's commands, ""
    for the search path; both are others in a test."""

    root: Path = Path("/")
    tools: str = ""

    @property
    def unit(self) -> Path:
        """The path of the unit."""
        return self.root / _UNITS / (NAME + ".service")

    @property
    def environment(self) -> Path:
        """The path of the file with the environment."""
        return self.root / ENVIRONMENT.lstrip("/")

    @property
    def data(self) -> Path:
        """The path of the Thing's folder: a link, once the service has run."""
        return self.root / DATA.lstrip("/")

    def check(self, superuser: bool = True) -> None:
        """Raise `ServiceError` where there is no systemd, or without the rights."""
        if not (self.root / "run/systemd/system").is_dir():
            raise ServiceError(
                "systemd does not run on this machine - have its own manager of services start "
                "`pythings run --root %s`" % DATA
            )
        if superuser and os.geteuid() != 0:
            raise ServiceError("only root may do that - put sudo before the same command")

    def text(self, path: Path) -> str:
        """Return a file's text, "" without the file. Raise `ServiceError`."""
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeError) as error:
            raise ServiceError("%s cannot be read: %s - mend it" % (path, error)) from None

    def write(self, path: Path, text: str, mode: int) -> None:
        """Replace a file, whole or not at all. Raise `ServiceError`."""
        new = path.with_name("." + path.name + ".new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            new.unlink(missing_ok=True)
            with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, path)
        except OSError as error:
            raise ServiceError("%s cannot be written: %s" % (path, error.strerror)) from None

    def remove(self, path: Path) -> None:
        """Remove a file, a link, or a folder with all in it. Raise `ServiceError`."""
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise ServiceError("%s cannot be removed: %s" % (path, error.strerror)) from None

    def run(self, *command: str) -> int:
        """Run a command of systemd, and return its exit status. Raise `ServiceError`."""
        program = os.path.join(self.tools, command[0]) if self.tools else shutil.which(command[0])
        if not program:
            raise ServiceError("there is no %s - install the package systemd" % command[0])
        return subprocess.run([program, *command[1:]], check=False).returncode
